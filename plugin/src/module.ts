export type { SightlineQuery } from './query/model';

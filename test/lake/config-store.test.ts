import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../collector/src/findings/settings.ts';
import { ConfigStore } from '../../collector/src/lake/config-store.ts';
import { CURRENT_CONFIG_KEY } from '../../collector/src/lake/keys.ts';
import { MemoryStore } from '../support/memory-store.ts';

const AT = Date.UTC(2026, 0, 5);
const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  accounts: [{ account: '111111111111', team: 'core' }],
  quietDays: 7,
};
const DISCOVERED = [{ discovery: 'organization', cloud: 'aws', account: '222222222222', name: 'web' }];

describe('the configuration in force', () => {
  it('has the digest that it had before there were discoveries, as long as nothing is discovered', async () => {
    const { config } = await new ConfigStore(new MemoryStore()).apply(() => SETTINGS, 'ops', AT);
    expect(config.digest).toBe('5c25a744a4f5d1fd1c51ec1306a80ca6af8b059a141e5060c06ef9eb14f5695b');
    expect(config.settings).toEqual(SETTINGS);
  });

  it('comes back from the bucket with what was discovered', async () => {
    const store = new MemoryStore();
    await new ConfigStore(store).apply(() => ({ ...SETTINGS, discovered: DISCOVERED }), 'ops', AT);
    expect((await new ConfigStore(store).current()).settings).toEqual({
      ...SETTINGS,
      discovered: DISCOVERED,
    });
  });

  it('is not written where nothing changes: neither equal settings nor those that were in force', async () => {
    const store = new MemoryStore();
    const configs = new ConfigStore(store);
    expect(await configs.apply((inForce) => inForce, 'ops', AT)).toMatchObject({
      changed: false,
      config: { digest: null },
    });
    expect([...store.objects.keys()]).toEqual([]);
    await configs.apply(() => SETTINGS, 'ops', AT);
    const before = [...store.objects.keys()];
    expect((await configs.apply(() => ({ ...SETTINGS }), 'ops', AT + 1)).changed).toBe(false);
    expect([...store.objects.keys()]).toEqual(before);
  });

  it('is changed from what is there when it is written, and not from what was there before', async () => {
    const store = new MemoryStore();
    const other = new ConfigStore(store);
    let asked = 0;
    const { config } = await new ConfigStore(store).apply(
      async (inForce) => {
        if (asked++ === 0) await other.apply((now) => ({ ...now, discovered: DISCOVERED }), 'other', AT);
        return { ...SETTINGS, discovered: inForce.discovered };
      },
      'ops',
      AT,
    );
    expect(asked).toBe(2);
    expect(config).toMatchObject({ seq: 2, settings: { ...SETTINGS, discovered: DISCOVERED } });
    expect(store.objects.get(CURRENT_CONFIG_KEY)?.body.toString()).toContain(config.digest);
  });
});

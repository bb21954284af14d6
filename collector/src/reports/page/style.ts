/**
 * Colours by what they mean, for the light and the dark theme. A severity keeps its hue in both; every fill reaches 3:1
 * and every text 4.5:1 against the surface that it lies on (WCAG 2.2, 1.4.3 and 1.4.11).
 */
export const COLOURS = {
  page: ['#f6f7f9', '#0e1116'],
  surface: ['#ffffff', '#161a21'],
  raised: ['#f6f7f9', '#1c212a'],
  line: ['#e2e5ea', '#272d37'],
  track: ['#eceef2', '#232933'],
  text: ['#1a1e26', '#e4e8ee'],
  muted: ['#5a6371', '#98a2b1'],
  accent: ['#2a56c6', '#83a8ff'],
  critical: ['#a1124f', '#e8518d'],
  high: ['#d84315', '#f2703a'],
  medium: ['#c28100', '#e3aa35'],
  low: ['#3a76e0', '#5c95f5'],
  informational: ['#828c9b', '#7a8595'],
  new: ['#c4483a', '#ef7569'],
  fixed: ['#238a57', '#44b880'],
  worse: ['#b93226', '#ff8478'],
  better: ['#1b7a49', '#4cc38a'],
  warn: ['#8a5a00', '#e3aa35'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'] as const;

function variables(): string {
  return Object.entries(COLOURS)
    .map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark});`)
    .join('');
}

function paints(): string {
  const kinds = [...SEVERITIES, 'new', 'fixed'];
  return kinds
    .map((kind) => `.fill-${kind}{fill:var(--${kind})}.dot-${kind}{background:var(--${kind})}`)
    .join('\n');
}

/** The page's one style sheet. */
export function pageStyle(): string {
  return `:root{color-scheme:light dark;${variables()}}
:root[data-theme=light]{color-scheme:light}
:root[data-theme=dark]{color-scheme:dark}
${paints()}
${BASE}${HEADER}${CHARTS}${TABLES}${FINDINGS}${NARROW}${PRINT}`;
}

const BASE = `
*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--page);color:var(--text);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
#page{max-width:1520px;margin:0 auto;padding:0 24px 40px}
main{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
h1,h2,h3,p,ul,dl,dd{margin:0;padding:0}
ul{list-style:none}
h2{font-size:15px;font-weight:600;letter-spacing:-.005em}
h3{font-size:12px;font-weight:600;color:var(--muted);margin:16px 0 8px}
code{font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--raised);border:1px solid var(--line);border-radius:4px;padding:1px 5px;overflow-wrap:anywhere}
a{color:var(--accent);text-underline-offset:2px}
button,input,select{font:inherit;color:inherit}
button{cursor:pointer;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:4px 10px}
button:hover{border-color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.panel{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:16px 18px;min-width:0;scroll-margin-top:12px}
.faint{color:var(--muted)}
.strong{font-weight:600}
.worse{color:var(--worse)}
.better{color:var(--better)}
.warn{color:var(--warn)}
.nowrap{white-space:nowrap}
.untrusted{unicode-bidi:isolate;overflow-wrap:anywhere}
.visually-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.empty{color:var(--muted);padding:28px 8px;text-align:center}
.controls{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:10px 0 12px}
.controls input,.controls select{background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:5px 9px;height:32px;max-width:100%;text-overflow:ellipsis}
.controls input{flex:0 1 280px;min-width:160px}
.controls select{max-width:200px}
.controls ::placeholder{color:var(--muted);opacity:1}
button.link{border:0;background:none;padding:0;color:var(--accent);border-radius:3px}
button.link:hover{text-decoration:underline;text-underline-offset:2px}
.segmented{display:inline-flex;flex-wrap:wrap}
.segmented button{border-radius:0;margin-left:-1px;color:var(--muted);padding:3px 11px;font-size:13px;white-space:nowrap}
.segmented button:first-child{border-radius:6px 0 0 6px;margin-left:0}
.segmented button:last-child{border-radius:0 6px 6px 0}
.segmented button[aria-pressed=true]{background:var(--raised);color:var(--text);font-weight:600;box-shadow:inset 0 -2px var(--accent)}
.segmented button:focus-visible{position:relative;z-index:1}
.more{text-align:center;padding-top:12px}
.more:empty{display:none}
.dot{display:inline-block;width:9px;height:9px;border-radius:2.5px;margin-right:7px;flex:none}
.dot.none{background:none}
`;

const HEADER = `
.top{display:flex;flex-wrap:wrap;align-items:center;gap:6px 20px;padding:18px 0 16px}
.brand{display:flex;align-items:center;gap:9px}
.brand h1{font-size:18px;font-weight:650;letter-spacing:-.015em}
.logo{width:26px;height:26px;fill:none;stroke:var(--accent);stroke-width:1.9}
.logo circle{fill:var(--accent);stroke:none}
.about{display:flex;flex-wrap:wrap;gap:2px 14px;color:var(--muted);flex:1}
.about strong{color:var(--text);font-weight:600}
.stale{color:var(--warn);font-weight:600}
.theme{font-size:13px}
.cards{display:grid;gap:12px;grid-template-columns:repeat(7,minmax(0,1fr))}
.card{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:12px 14px 0;display:flex;flex-direction:column;overflow:hidden;min-height:132px}
.card-label{font-size:12.5px;color:var(--muted);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.card-value{font-size:27px;line-height:1.25;font-weight:620;letter-spacing:-.02em}
.card-detail{font-size:12.5px;min-height:18px;margin-bottom:8px}
.card>svg{margin-top:auto}
.sparkline{display:block;width:calc(100% + 28px);margin-inline:-14px;height:36px}
.card>.severity-bar{margin-bottom:16px}
.spark-line{fill:none;stroke:currentColor;stroke-width:1.5;vector-effect:non-scaling-stroke}
.spark-area{fill:currentColor;opacity:.13}
.spark-bar{fill:currentColor;opacity:.8}
.spark-open{color:var(--accent)}
.spark-critical{color:var(--critical)}
.spark-high{color:var(--high)}
.spark-new{color:var(--new)}
.spark-fixed{color:var(--fixed)}
.spark-overdue{color:var(--warn)}
.decisions{display:flex;flex-wrap:wrap;gap:4px 22px;padding:0 4px;font-size:13px}
.decisions strong{font-weight:600}
footer{display:flex;flex-wrap:wrap;gap:4px 20px;padding:20px 4px 0;color:var(--muted);font-size:12.5px}
`;

const CHARTS = `
.pair{display:grid;gap:16px;grid-template-columns:minmax(0,1fr) 420px}
#trend .controls{justify-content:space-between}
.legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:13px}
.key{display:inline-flex;align-items:center;border:0;background:none;padding:2px 0;color:var(--text)}
button.key[aria-pressed=false]{color:var(--muted);text-decoration:line-through}
button.key[aria-pressed=false] .dot{opacity:.3}
.plot{position:relative;min-height:356px;border-radius:6px;touch-action:pan-y}
.plot svg{display:block}
.area{stroke:var(--surface);stroke-width:1;stroke-linejoin:round}
.grid{stroke:var(--line)}
.zero{stroke:var(--muted);opacity:.7}
.cursor{stroke:var(--text);stroke-dasharray:2 3;pointer-events:none}
.axis{fill:var(--muted);font-size:11.5px}
.axis.end{text-anchor:end}
.axis.middle{text-anchor:middle}
.tip{position:absolute;top:0;left:0;pointer-events:none;background:var(--surface);border:1px solid var(--line);border-radius:8px;box-shadow:0 6px 20px #0003;padding:9px 12px;min-width:170px;font-size:12.5px}
.tip-title{font-weight:600;margin-bottom:4px}
.tip-row{display:flex;align-items:center}
.tip-row .number{margin-left:auto;padding-left:18px;font-weight:600}
.tip hr{border:0;border-top:1px solid var(--line);margin:5px 0}
.severity-bar{display:block;width:100%;height:9px;border-radius:3px}
.severity-bar rect:not(.track){stroke:var(--surface);stroke-width:1;vector-effect:non-scaling-stroke}
.track{fill:var(--track)}
.bars{display:grid;gap:9px}
#places .bars{margin-top:12px}
#places h3{margin-top:20px}
.bars li{display:grid;grid-template-columns:164px minmax(0,1fr) 52px;gap:12px;align-items:center}
.bar-name{text-align:left;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars .number{font-weight:600}
.cadence{display:inline-block;vertical-align:-1px;width:72px;height:10px;margin-right:10px}
`;

const TABLES = `
.scroll{overflow-x:auto;margin:0 -18px;padding:0 18px}
.scroll:focus-visible{outline-offset:-2px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;font-weight:400;padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child>*{border-bottom:0}
th:first-child,td:first-child{padding-left:4px}
thead th{color:var(--muted);font-size:12.5px;font-weight:500;white-space:nowrap;padding-top:4px;padding-bottom:6px}
.number{text-align:right;white-space:nowrap}
.note{display:block;font-size:12px;color:var(--muted)}
.estate .name{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 10px}
.estate th[scope=row]{min-width:300px;max-width:520px}
.estate .bar-cell{width:20%;min-width:130px}
.estate td{vertical-align:baseline}
.estate .severity-bar{margin-top:5px}
.estate .note{display:inline}
.estate tbody tr:hover{background:var(--raised)}
.estate .level-1>*{font-weight:600;background:var(--raised)}
.estate .level-1 .note{font-weight:400}
.estate .level-2 .name,.estate .level-2>td:only-child{padding-left:18px}
.leaf{padding-left:19px}
.estate .level-3 .name{padding-left:38px}
.estate .level-4 .name{padding-left:58px;color:var(--muted)}
.estate .reports>td{padding-left:61px;font-size:13px}
.raw{margin-left:16px}
.toggle{border:0;background:none;padding:0;display:inline-flex;align-items:baseline;gap:8px;text-align:left;font-weight:inherit;border-radius:3px}
.chevron{width:7px;height:7px;border:solid var(--muted);border-width:0 1.6px 1.6px 0;transform:rotate(-45deg) translate(-1px,-1px);flex:none;margin:0 2px}
[aria-expanded=true]>.chevron{transform:rotate(45deg) translate(-2px,-2px)}
.quiet{font-size:12px;opacity:0}
tr:hover .quiet,.quiet:focus-visible,tr:focus-within .quiet{opacity:1}
.change{font-size:12px;font-weight:400;margin-right:9px}
.freshness th[scope=row]{font-weight:500;min-width:108px}
.freshness .notes{color:var(--muted);font-size:13px;max-width:420px}
.state{display:inline-flex;align-items:center;font-size:13px}
.state::before{content:"";width:9px;height:9px;border-radius:50%;margin-right:7px;background:var(--fixed)}
.state-late::before{background:none;border:2.5px solid var(--medium)}
.state-silent::before{background:var(--high);border-radius:1px;transform:rotate(45deg)}
.state-failed::before{background:var(--critical);border-radius:1px}
.state-failed,.state-silent{font-weight:600}
`;

const FINDINGS = `
.status code{white-space:nowrap}
.status{color:var(--muted);font-size:13px;margin-bottom:8px}
.findings{table-layout:fixed}
.findings th.severity{width:134px}
.findings th.resource{width:20%}
.findings th.account{width:15%}
.findings th.service{width:10%}
.findings th.first_seen{width:88px}
.findings th.due_at{width:128px}
.sort{border:0;background:none;padding:0;color:inherit;font-weight:inherit;border-radius:3px}
.sort::after{content:"";display:inline-block;width:1em;text-align:center}
[aria-sort=ascending] .sort::after{content:"↑"}
[aria-sort=descending] .sort::after{content:"↓"}
[aria-sort=ascending] .sort,[aria-sort=descending] .sort{color:var(--text);font-weight:600}
.finding{cursor:pointer}
.finding:hover{background:var(--raised)}
.finding.open>td{border-bottom-color:transparent}
.finding .severity{white-space:nowrap}
.score{color:var(--muted);font-size:12px;margin-left:8px}
.finding-title{border:0;background:none;padding:0;text-align:left;font-weight:500;border-radius:3px;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;line-clamp:2;overflow:hidden}
.clamp{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;line-clamp:2;overflow:hidden}
.finding .note{overflow:hidden;text-overflow:ellipsis;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:1;line-clamp:1}
.badge{display:inline-block;font-size:12px;font-weight:600;color:var(--worse)}
.badge.unverified{color:var(--warn);font-weight:500}
.due .badge{display:block}
.detail-row>td{padding:2px 10px 18px 4px}
.details{background:var(--raised);border:1px solid var(--line);border-radius:8px;padding:14px 18px 16px}
.full-title{font-weight:600;margin-bottom:12px;max-height:260px;overflow:auto}
.details dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:10px 24px}
.details dt{font-size:12px;color:var(--muted)}
.remediation{white-space:pre-line;max-width:100ch}
.references li{margin-bottom:3px}
`;

const NARROW = `
@media (max-width:1240px){
.cards{grid-template-columns:repeat(4,minmax(0,1fr))}
.card:last-child{grid-column:span 2}
.pair{grid-template-columns:minmax(0,1fr)}
}
@media (hover:none){.quiet{opacity:1}}
@media (max-width:1000px){
.quiet{opacity:1}
.estate th[scope=row]{min-width:190px}
.estate .note{display:block;max-width:190px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.findings thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.findings,.findings tbody,.findings tr,.findings td{display:block;width:auto}
.findings tr.finding{display:grid;grid-template-columns:auto minmax(0,1fr) auto;gap:2px 14px;padding:10px 0;border-bottom:1px solid var(--line)}
.findings td{border:0;padding:0}
.finding .title{grid-column:1/-1;grid-row:2}
.finding .severity{grid-row:1}
.finding .age,.finding .due{grid-row:1;font-size:13px}
.finding .due{text-align:right}
.due .badge{display:inline;margin-left:6px}
.finding .age::before{content:attr(data-label) " ";color:var(--muted)}
.finding .resource{grid-column:1/-1;font-size:13px}
.finding .resource .note,.finding .service .note{display:none}
.finding .account{grid-column:1/3;font-size:13px}
.finding .service{font-size:13px;text-align:right}
.findings tr.detail-row{padding:0 0 14px;border-bottom:1px solid var(--line)}
}
@media (max-width:760px){
#page{padding:0 14px 32px}
.cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}
.panel{padding:14px}
.scroll{margin:0 -14px;padding:0 14px}
.top{padding:14px 0}
.theme{order:1;margin-left:auto}
.about{order:2;flex-basis:100%}
.controls input{flex:1 1 100%}
.controls select{flex:1 1 calc(50% - 8px);min-width:0}
.bars li{grid-template-columns:128px minmax(0,1fr) 44px}
.change{margin-right:6px}
.estate .note{max-width:140px}
.estate th[scope=row]{min-width:0;max-width:none}
.estate th:first-child{position:sticky;left:-14px;z-index:1;background:var(--surface);width:172px;min-width:172px;padding-left:14px;margin-left:-14px}
.estate .level-1 th:first-child{background:var(--raised)}
.estate .level-2 .name{padding-left:8px}
.estate .level-3 .name{padding-left:16px}
.estate .level-4 .name{padding-left:22px}
.estate .reports>td{padding-left:36px}
.estate .level-2>td:only-child{padding-left:8px}
.raw{display:block;margin:4px 0 0}
.freshness .notes{min-width:220px}
}
`;

const PRINT = `
@media print{
:root,:root[data-theme]{color-scheme:light}
body{background:#fff;font-size:11px}
#page{max-width:none;padding:0}
.panel,.card{break-inside:avoid;border-color:#ccc}
#estate,#findings,#freshness{break-inside:auto}
tr{break-inside:avoid}
thead{display:table-header-group}
.theme,.controls input,.controls select,.segmented,.more,.quiet{display:none!important}
.scroll{overflow:visible}
.estate tr>:nth-child(n+8){display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
@media (prefers-reduced-motion:no-preference){.chevron{transition:transform .12s}}
`;

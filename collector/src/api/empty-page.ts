/** What `/` shows before the first report. */
export const EMPTY_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sightline: no report yet</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1rem; }
code { font: 14px/1.5 ui-monospace, monospace; background: #8882; padding: .15em .4em; border-radius: 4px; }
</style>
</head>
<body>
<h1>No report yet</h1>
<p>The store answers, and holds no report. Take in what a scanner wrote, and this page shows it:</p>
<p><code>sightline ingest path/to/reports</code></p>
<p>Or look around in a sample estate, in a store of its own:</p>
<p><code>sightline demo --serve</code></p>
</body>
</html>
`;

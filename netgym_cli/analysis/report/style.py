"""The look of the page, for light and dark screens, from telephones on."""

STYLE = """
:root{--ink:#1b1b1c;--page:#ffffff;--soft:#f3f3f1;--line:#d9d9d6;--faint:#a9a9aa;--link:#0059a0}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e3;--page:#16181b;--soft:#212429;--line:#3a3e44;--faint:#6d7178;
--link:#7ab8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1160px;padding:0 16px 32px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:20px 0 8px}
h2{font-size:1.15rem;margin:32px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--line)}
p{margin:8px 0;max-width:80ch}
#s0>p{font-size:1.08rem}
nav{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:.9rem}
a{color:var(--link)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:16px 20px;margin:12px 0}
figure{margin:0;min-width:0}
figure svg{display:block;width:100%;height:auto}
figcaption,footer{font-size:.85rem;opacity:.85}
.wide{overflow-x:auto;margin:8px 0 14px}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);
overflow-wrap:normal}
th{font-weight:600;white-space:nowrap}
td.n,td:has(+td.n){white-space:nowrap}
pre{background:var(--soft);padding:10px 12px;font-size:.82rem;white-space:pre-wrap;border-radius:4px}
summary{cursor:pointer;margin:8px 0}
footer{margin-top:40px}
""".strip()

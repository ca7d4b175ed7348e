// SPDX-License-Identifier: Apache-2.0
#include "status_page.hpp"

#include <string>

namespace topgun::cli {
namespace {

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TopGun endpoint</title>
<style>
:root { color-scheme: light dark; --line: #8883; --soft: #7a7a7a; --accent: #2a7; --bad: #c43; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.8rem 0 .5rem; }
.soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .7rem;
  margin-top: 1rem; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 600; color: var(--soft); }
caption { text-align: left; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
textarea, input { font: 14px/1.4 ui-monospace, monospace; width: 100%; box-sizing: border-box;
  padding: .5rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent;
  color: inherit; }
button { font: inherit; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--accent); color: #fff; cursor: pointer; }
.dot { width: .7rem; height: .7rem; border-radius: 50%; background: var(--soft); }
.dot.on { background: var(--accent); } .dot.off { background: var(--bad); }
.error { color: var(--bad); white-space: pre-wrap; font-family: ui-monospace, monospace; }
#login { display: none; margin-top: 1rem; }
</style>
</head>
<body>
<header>
  <span class="dot" id="dot"></span>
  <h1>TopGun endpoint</h1>
  <span class="soft" id="who"></span>
</header>
<form id="login">
  <p>This endpoint asks for a token.</p>
  <input id="token" type="password" placeholder="JSON Web Token" aria-label="Token"
    autocomplete="off"> <button>Use it</button>
</form>
<div class="cards" id="cards"></div>
<h2>Maps</h2>
<div class="scroll"><table id="maps"></table></div>
<h2>Clocks that ran ahead</h2>
<div class="scroll"><table id="nodes"></table></div>
<section id="sql">
<h2>SQL</h2>
<form id="query">
  <textarea id="text" rows="3" spellcheck="false" aria-label="Statement">SELECT 1</textarea>
  <p><button>Run</button> <span class="soft" id="note">Ctrl+Enter runs it, too.</span></p>
</form>
<div class="scroll" id="result"></div>
</section>
)html";

constexpr std::string_view kScript = R"html(<script>
'use strict';
const $ = (id) => document.getElementById(id);
let token = '', before = null;
const number = (n) => n.toLocaleString('en');
function element(name, text, kind) {
  const out = document.createElement(name);
  if (text !== undefined) out.textContent = text;
  if (kind) out.className = kind;
  return out;
}
function table(target, heads, rows, empty) {
  target.replaceChildren();
  if (!rows.length) { target.append(element('caption', empty, 'soft')); return; }
  const line = (cells, name) => {
    const out = element('tr');
    for (const cell of cells) {
      out.append(element(name, typeof cell === 'number' ? number(cell) : cell,
                         typeof cell === 'number' ? 'n' : ''));
    }
    return out;
  };
  const head = line(heads, 'th');
  rows[0].forEach((cell, i) => { if (typeof cell === 'number') head.children[i].className = 'n'; });
  target.append(head, ...rows.map((row) => line(row, 'td')));
}
async function call(path, options = {}) {
  options.headers = { ...options.headers };
  if (token) options.headers.authorization = 'Bearer ' + token;
  const answer = await fetch(path, options);
  if (answer.status === 401) {
    $('login').style.display = 'block';
    throw new Error('token needed');
  }
  const body = await answer.json();
  if (body.error) throw new Error(body.error.message);
  return body.data;
}
function show_status(status) {
  const now = performance.now(), c = status.counters;
  let rate = 0;
  if (before) rate = (c.operations - before.ops) / ((now - before.at) / 1000);
  before = { at: now, ops: c.operations };
  $('who').textContent = status.node + ' · version ' + status.version + ' · up ' +
    number(status.uptimeSeconds) + ' s';
  const cards = [['connections', status.connections], ['writes a second', Math.round(rate)],
    ['writes received', c.operations], ['changes sent', c.events],
    ['waiting for the disk', status.storage.sequence - status.storage.durable],
    ['log bytes', status.storage.logBytes], ['refused writes', c.operation_errors]];
  $('cards').replaceChildren(...cards.map(([name, value]) => {
    const card = element('div', undefined, 'card');
    card.append(element('b', number(value)), element('span', name, 'soft'));
    return card;
  }));
  table($('nodes'), ['node', 'at most ahead (ms)', 'writes too far ahead'],
    status.nodes.map((n) => [n.node, n.aheadMs, n.writes]), 'None.');
  $('sql').style.display = status.sql ? '' : 'none';
}
function show_maps(maps) {
  table($('maps'), ['name', 'kind', 'records', 'tombstones', 'root'],
    maps.map((m) => [m.name, m.kind, m.records, m.tombstones, m.root.toString(16)]),
    'Nothing yet: connect a client and write something.');
}
async function refresh() {
  try {
    show_status(await call('api/v1/status'));
    show_maps(await call('api/v1/maps'));
    $('dot').className = 'dot on';
  } catch (error) {
    $('dot').className = 'dot off';
  }
}
$('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  $('login').style.display = 'none';
  refresh();
});
// A link brings a statement to the box and never runs it: whoever made it is not who opens it.
const link = '#sql=';
function take_link() {
  if (!location.hash.startsWith(link)) return;
  try {
    $('text').value = decodeURIComponent(location.hash.slice(link.length));
    $('note').textContent = 'From a link, and not run yet: read it first.';
  } catch {
    $('note').textContent = 'The link holds no readable statement.';
  }
}
async function run(event) {
  event.preventDefault();
  const target = $('result'), text = $('text').value;
  history.replaceState(null, '', link + encodeURIComponent(text));
  $('note').textContent = 'The address of this page holds the statement now, as a link to it.';
  try {
    const data = await call('api/v1/sql', { method: 'POST', body: text });
    const grid = element('table');
    const cell = (v) => v === null ? '∅' : typeof v === 'object' ? JSON.stringify(v) : v;
    table(grid, data.columns, data.rows.map((row) => row.map(cell)), data.tag);
    target.replaceChildren(grid, element('p', data.tag, 'soft'));
  } catch (error) {
    target.replaceChildren(element('p', error.message, 'error'));
  }
  refresh();
}
$('query').addEventListener('submit', run);
$('text').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.ctrlKey) run(event);
});
window.addEventListener('hashchange', take_link);
take_link();
refresh();
setInterval(refresh, 2000);
</script>
</body>
</html>
)html";

}  // namespace

std::string_view status_page() noexcept {
    static const std::string page = std::string(kHead) + std::string(kScript);
    return page;
}

}  // namespace topgun::cli

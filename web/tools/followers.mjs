// So many followers of a presenter, without browsers. Each loads the page, as a phone does, and then
// follows: how many bytes and lines each hears, and how late the last hears what the first hears.
//
//     node web/tools/followers.mjs ADDRESS COUNT SECONDS

import http from "node:http";

const [, , address, count, seconds] = process.argv;
const url = new URL("events", address);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const [bytes, lines, times] = [[], [], new Map()];
let [there, loaded] = [0, 0];
function follow(at) {
  http.get(url, { agent }, (answer) => {
    there++;
    answer.on("data", (chunk) => {
      const now = performance.now();
      bytes[at] += chunk.length;
      for (const line of chunk.toString().split("\n")) {
        if (!line.startsWith("data: did") && !line.startsWith("data: reached")) continue;
        lines[at]++;
        const [first, , heard] = times.get(line) ?? [now, now, 0];
        times.set(line, [first, now, heard + 1]);
      }
    });
  }).on("error", (error) => console.log(`follower ${at}: ${error.message}`));
}
for (let at = 0; at < Number(count); at++) {
  [bytes[at], lines[at]] = [0, 0];
  http.get(address, { agent, headers: { "Accept-Encoding": "gzip, deflate" } }, (answer) => {
    answer.on("data", (chunk) => { loaded += chunk.length; });
    answer.on("end", () => follow(at));
  }).on("error", (error) => console.log(`follower ${at}: ${error.message}`));
}
setTimeout(() => {
  const late = [...times.values()].filter(([, , heard]) => heard === Number(count));
  const spread = late.map(([first, last]) => last - first).sort((one, other) => one - other);
  const of = (share) => (spread[Math.floor(share * (spread.length - 1))] ?? NaN).toFixed(1);
  const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
  console.log(`${there} of ${count} follow; each loaded ${(loaded / count / 1e6).toFixed(2)} MB and heard ${Math.round(sum(lines) / count)} lines, ` +
    `${Math.round(sum(bytes) / count)} bytes in ${seconds} s`);
  console.log(`${late.length} lines heard by all; from the first to the last ${of(0.5)} ms (median), ${of(0.99)} ms (99 %)`);
  process.exit(0);
}, Number(seconds) * 1000);

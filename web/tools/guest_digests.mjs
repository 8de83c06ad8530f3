// Plays scripts with Rafts of others in the module that hosts them, and says which come to another digest, or
// to another reason why they are not played:
//
//     node web/tools/guest_digests.mjs FOLDER TABLE.tsv
//
// A row of the table: the Raft's file, the script's, what it comes to with seed 1.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { openHost } from "./module.mjs";

const [, , folder, table] = process.argv;
const { play, bring } = await openHost(folder);
let same = 0;
for (const row of readFileSync(table, "utf8").split("\n").filter(Boolean)) {
  const [raft, script, expected] = row.split("\t");
  const name = basename(raft);
  bring(name, readFileSync(raft));
  const found = play(1, readFileSync(script, "utf8").replace(/^cluster/m, `cluster raft=${name}`));
  if (found === expected) same++;
  else {
    console.log(`${name}, ${basename(script)}: ${found} instead of ${expected}`);
    process.exitCode = 1;
  }
}
console.log(`${same} are the same`);

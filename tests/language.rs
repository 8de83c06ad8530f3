//! The script language from outside: whole scripts, good and bad.

use raftlab::cluster::command::Script;

const STORY: &str = "\
# A leader without a majority accepts writes that it can never commit.
cluster servers=5 seed=7
until leader
set x 1
let old = leader
say {old} and one follower lose the other three.
partition leader follower | rest
beat
put x 2 @1 client=b only={old} nowait
until new leader
set x 3
expect waiting client=b
beat
heal
until converged within 5s
get x
expect reply = 3 @2
expect safe
";

#[test]
fn the_story_of_the_lost_majority_is_a_script() {
    let script = Script::parse("story.lab", STORY.as_bytes()).expect("a good script");
    assert_eq!(script.config.seed, 7);
    assert_eq!(script.lines.len(), 16);
    assert_eq!(script.lines[0].number, 3);
    for line in script.lines.iter() {
        let source = script.source[line.number as usize - 1].trim();
        assert_eq!(line.command.to_string(), source);
    }
}

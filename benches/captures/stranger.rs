//! Connections that have nothing to do with messengers.

use super::connection::Side::{self, Client, Server};
use super::dialogue::Dialogue;
use super::pool::{Passage, Pool};

/// Microseconds between two questions of one stranger, on average: a minute of traffic then holds a whole life.
const PAUSE_US: u32 = 18_000_000;

/// Goes through the life of a stranger on a busy line, handshake excepted. Returns the port of its server.
pub(super) fn busy(pool: &Pool, dialogue: &mut Dialogue<'_>) -> u16 {
    match dialogue.below(20) {
        0..12 => web(pool, dialogue),
        12..14 => mail(pool, dialogue),
        14..18 => encrypted(dialogue),
        _ => unknown(dialogue),
    }
}

/// The same for a stranger who says little at a time: keystrokes and their echoes, moves in a game.
pub(super) fn terse(_: &Pool, dialogue: &mut Dialogue<'_>) -> u16 {
    let port = [22, 23, 5_190, 6_112, 27_015][dialogue.below(5)];
    for _ in 0..2 + dialogue.below(3) {
        dialogue.think(PAUSE_US);
        let (asked, answered) = (20 + dialogue.below(27), 20 + dialogue.below(27));
        cite(dialogue, Client, Pool::noise, asked);
        dialogue.travel();
        cite(dialogue, Server, Pool::noise, answered);
    }
    dialogue.acknowledge(Client);
    dialogue.close(Client);
    port
}

fn web(pool: &Pool, dialogue: &mut Dialogue<'_>) -> u16 {
    for _ in 0..=dialogue.below(3) {
        dialogue.think(PAUSE_US);
        let request = pool.request(dialogue.below(1 << 16));
        say(dialogue, Client, request);
        dialogue.travel();
        // Most answers are short, a few are long.
        let len = 1_500 + dialogue.below(24_000) + if dialogue.below(4) == 0 { dialogue.below(24_000) } else { 0 };
        cite(dialogue, Server, Pool::answer, len);
        dialogue.acknowledge(Client);
    }
    dialogue.close(Client);
    80
}

fn mail(pool: &Pool, dialogue: &mut Dialogue<'_>) -> u16 {
    for (index, line) in pool.mail().iter().enumerate() {
        dialogue.think(PAUSE_US / 8);
        say(dialogue, if index % 2 == 0 { Server } else { Client }, *line);
    }
    dialogue.travel();
    let len = 2_000 + dialogue.below(30_000);
    cite(dialogue, Client, Pool::text, len);
    dialogue.acknowledge(Server);
    dialogue.close(Client);
    25
}

fn encrypted(dialogue: &mut Dialogue<'_>) -> u16 {
    for (side, len) in [(Client, 230), (Server, 2_900), (Client, 190), (Server, 60)] {
        cite(dialogue, side, Pool::sealed, len);
        dialogue.travel();
    }
    for _ in 0..=dialogue.below(3) {
        dialogue.think(PAUSE_US);
        cite(dialogue, Client, Pool::noise, 350);
        dialogue.travel();
        let len = 1_000 + dialogue.below(40_000);
        cite(dialogue, Server, Pool::noise, len);
        dialogue.acknowledge(Client);
    }
    dialogue.close(Server);
    443
}

/// Any protocol, of which either side may begin.
fn unknown(dialogue: &mut Dialogue<'_>) -> u16 {
    let port = 1_024 + dialogue.below(60_000);
    let mut side = if dialogue.below(4) == 0 { Server } else { Client };
    for _ in 0..2 + dialogue.below(6) {
        dialogue.think(PAUSE_US / 2);
        let len = 1 + dialogue.below(16_000);
        cite(dialogue, side, Pool::noise, len);
        side = side.other();
        dialogue.acknowledge(side);
    }
    dialogue.close(Client);
    // Nobody else talks on the port of the service.
    u16::try_from(port).ok().filter(|port| *port != 1863).unwrap_or(6_881)
}

fn say(dialogue: &mut Dialogue<'_>, side: Side, passage: Passage) {
    dialogue.say(side, passage.from, passage.len);
}

/// Says `len` bytes of any page of that kind.
fn cite(dialogue: &mut Dialogue<'_>, side: Side, page: fn(usize, usize) -> Passage, len: usize) {
    let pick = dialogue.below(1 << 24);
    say(dialogue, side, page(pick, len));
}

//! P7: what is lost takes rows away or makes them doubtful; it changes none and invents none.

use proptest::prelude::*;

use msncensus::census::Observation;
use msncensus::cvr::{Reply, Request};
use msncensus::flags::Flag;
use msncensus::report::{Context, EXCHANGES};

use super::{CONVERSATIONS, mess, said, wire};
use crate::support::engine::{Found, OF_THE_CAPTURE, analyse};

/// Columns that judge the exchange as a whole: they say what can be said of the half that is left.
const OF_THE_WHOLE: [&str; 5] = ["status", "verdict", "echo", "identity", "client_id"];

fn request(row: &Observation) -> Option<&[u8]> {
    row.exchange.request.as_ref().map(Request::line)
}

fn reply(row: &Observation) -> Option<&[u8]> {
    row.exchange.reply.as_ref().map(Reply::line)
}

/// Whether `row` is `whole`, or what is left of it: no line and no field differs.
pub(super) fn is_left_of(row: &Observation, whole: &Observation) -> bool {
    let lines = [(request(row), request(whole)), (reply(row), reply(whole))];
    if !lines.iter().all(|(left, whole)| left.is_none() || left == whole) {
        return false;
    }
    let context = Context::default();
    let columns = EXCHANGES.columns.iter().filter(|column| !OF_THE_CAPTURE.contains(&column.name));
    columns.filter(|column| !OF_THE_WHOLE.contains(&column.name)).all(|column| {
        let cell = |row| (column.value)(row, &context).to_string();
        cell(row).is_empty() || cell(row) == cell(whole)
    })
}

/// Whether no flag of `whole` is gone, unless the line that it is about is gone too.
fn is_flagged_like(row: &Observation, whole: &Observation) -> bool {
    let lacks_a_half = request(row) != request(whole) || reply(row) != reply(whole);
    lacks_a_half || whole.flags.iter().all(|flag| row.flags.has(flag))
}

/// Every row is what is left of one exchange, and none is told twice.
pub(super) fn assert_left(found: &Found, whole: &Found) -> Result<(), TestCaseError> {
    let mut told: Vec<&[u8]> = Vec::new();
    for row in &found.observations {
        let known =
            whole.observations.iter().any(|exchange| is_left_of(row, exchange) && is_flagged_like(row, exchange));
        // Chat that quotes a line, and whose own header is lost, is believed with this doubt and no other way.
        let quoted = row.flags.has(Flag::InferredLineStart)
            && [request(row), reply(row)].iter().flatten().all(|line| line.get(4..6) == Some(b"77"));
        prop_assert!(known || quoted, "{:?} is left of none of {:?}", found.halves(), whole.halves());
        for line in [request(row), reply(row)].into_iter().flatten() {
            prop_assert!(!told.contains(&line), "told twice: {:?}", found.halves());
            told.push(line);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn p7_removed_packets_only_remove_rows_or_add_flags(
        conversation in 0..CONVERSATIONS.len(),
        (wire, mess) in (wire(), mess()),
        rate in prop_oneof![1..10_u32, 1..100_u32],
        lots in prop::collection::vec(0..100_u32, 1..300),
    ) {
        let script = wire.carry(conversation);
        let whole = analyse(&said(conversation, wire.ipv6, wire.port).packets());
        let packets: Vec<_> = mess.make(&script).into_iter().zip(lots.iter().cycle()).filter(|(_, lot)| **lot >= rate).map(|(packet, _)| packet).collect();
        assert_left(&analyse(&packets), &whole)?;
    }

    /// Packets cut by the capture lose their ends.
    #[test]
    fn p7_cut_packets_only_remove_rows_or_add_flags(
        conversation in 0..CONVERSATIONS.len(),
        (mut wire, mess) in (wire(), mess()),
        snap_len in 40..300_usize,
    ) {
        wire.sizes.push(400);
        let script = wire.carry(conversation);
        let whole = analyse(&said(conversation, wire.ipv6, wire.port).packets());
        let cut = crate::support::alter::snap(mess.make(&script), snap_len);
        assert_left(&analyse(&cut), &whole)?;
    }

    /// One lost packet between whole lines costs one line and no other.
    #[test]
    fn p7_one_lost_line_costs_one_line(conversation in 0..CONVERSATIONS.len(), lost in 3..12_usize) {
        let packets = said(conversation, false, 1863).packets();
        let whole = analyse(&packets);
        let mut left = packets;
        let gone = if lost < left.len() { left.remove(lost) } else { return Ok(()) };
        let found = analyse(&left);
        assert_left(&found, &whole)?;
        let lines = |found: &Found| found.messages.len();
        let told = gone.payload.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        prop_assert!(lines(&found) + told >= lines(&whole), "{:?}", found.lines());
    }
}

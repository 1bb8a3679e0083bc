//! Every line of a row stands in the packets that the row names.

use proptest::prelude::*;

use super::{CONVERSATIONS, mess, wire};
use crate::support::engine::analyse_frames;
use crate::support::frame::frames;
use crate::support::soundness::check;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_packets_of_a_row_hold_its_lines(conversation in 0..CONVERSATIONS.len(), wire in wire(), mess in mess()) {
        let frames = frames(&mess.make(&wire.carry(conversation)));
        let found = analyse_frames(&frames);
        prop_assert_eq!(found.observations.len(), CONVERSATIONS[conversation].1);
        for row in &found.observations {
            check(row, |frame| &frames[usize::try_from(frame).unwrap() - 1].data);
        }
    }
}

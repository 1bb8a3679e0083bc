//! Colours, by name: the style sheet has one value for light and one for dark. Where a colour tells something, a shape
//! beside it tells the same.

use serde::Serialize;

use super::super::Verdicts;
use super::words::{percent, said};
use crate::census::{Share, Verdict};
use crate::text::Grouped;

/// The class of what is coloured by a verdict. The mark of the verdict, in the template, goes by the same name.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Required => "v-required",
        Verdict::Recommended => "v-recommended",
        Verdict::UpToDate => "v-up-to-date",
        Verdict::Unrecognised => "v-unrecognised",
        Verdict::Rejected => "v-rejected",
        Verdict::Undetermined => "v-undetermined",
    }
}

/// Where the mark of a verdict is.
pub(super) fn mark(verdict: Verdict) -> String {
    format!("#{}", class(verdict))
}

/// What a verdict means, in the words of a legend.
const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Required => "older than the minimum that the server demands",
        Verdict::Recommended => "older than the version that the server recommends",
        Verdict::UpToDate => "as new as the server recommends, or newer",
        Verdict::Unrecognised => "the server has no advice for it, and recommends 1.0.0000",
        Verdict::Rejected => "the server answers with an error",
        Verdict::Undetermined => "the capture does not tell",
    }
}

/// How many there are of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Told {
    pub(super) class: &'static str,
    pub(super) word: String,
    pub(super) meaning: &'static str,
    pub(super) percent: String,
    pub(super) exchanges: String,
}

/// The verdicts that there are, as a legend tells them.
pub(super) fn legend(verdicts: &Verdicts) -> Vec<Told> {
    let whole = verdicts.iter().sum();
    let told = |(verdict, part): (Verdict, u64)| Told {
        class: class(verdict),
        word: said(verdict),
        meaning: meaning(verdict),
        percent: percent(Share { part, whole }),
        exchanges: Grouped(part).to_string(),
    };
    Verdict::ALL.into_iter().zip(*verdicts).filter(|(_, part)| *part > 0).map(told).collect()
}

/// The same in a sentence, for what is pointed at.
pub(super) fn told(verdicts: &Verdicts) -> String {
    let parts: Vec<_> = legend(verdicts).iter().map(|told| format!("{} {}", told.word, told.percent)).collect();
    parts.join(", ")
}

/// Steps of a colour from a little to the most.
pub(super) const LEVELS: u64 = 7;

/// Which step stands for `share`: 0 for nothing, else 1 to [`LEVELS`], by the square root, so that the few are seen beside
/// the many.
pub(super) fn level(share: Share) -> u64 {
    if share.part == 0 { 0 } else { (share.per((LEVELS - 1).pow(2)).isqrt() + 1).min(LEVELS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_nothing_only_for_nothing() {
        let levels = [0, 1, 100, 250, 1_000].map(|part| level(Share { part, whole: 1_000 }));
        assert_eq!(levels, [0, 1, 3, 4, 7]);
        assert_eq!(level(Share::default()), 0);
    }
}

//! What a server told a client to do about its version.
//!
//! ```text
//! c  client's version    r  recommended    m  minimum         numbers, over the parts that both have
//!
//! error                      rejected
//! anything not proven        undetermined
//! r is 1.0.0000              unrecognised      flags: min_is_own, min_is_sentinel, min_above_own
//! c < m                      required
//! m <= c < r                 recommended
//! r <= c                     up to date
//! ```
//!
//! The rules are those of section 9.4 of the wire reference, in its order. The server does not enforce anything: a client
//! told that it must go has been seen signing in. A reply may be proven in part: flags about its own versions are raised
//! even where the client's is not known.

use std::cmp::Ordering;

use crate::cvr::{Exchange, Reply, Version};
use crate::flags::{Flag, Flags};

/// What a server recommends that has no advice. Literally: a server that repeats what the client sent may say
/// `1.0.0` to a client of that version, and has then recommended it.
const SENTINEL: &[u8] = b"1.0.0000";

/// What the reply means for the client that asked: the `verdict` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The client is older than the minimum.
    Required,
    /// The client is at least the minimum and older than the recommended version.
    Recommended,
    /// The client is the recommended version or newer.
    UpToDate,
    /// The server has no recommendation for this client: it recommends 1.0.0000.
    Unrecognised,
    /// The server answered with an error.
    Rejected,
    /// The capture does not tell.
    Undetermined,
}

impl Verdict {
    /// Every verdict, the most urgent first: the order on a screen.
    pub const ALL: [Self; 6] =
        [Self::Required, Self::Recommended, Self::UpToDate, Self::Unrecognised, Self::Rejected, Self::Undetermined];

    /// The word in the `verdict` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::UpToDate => "up_to_date",
            Self::Unrecognised => "unrecognised",
            Self::Rejected => "rejected",
            Self::Undetermined => "undetermined",
        }
    }

    /// Judges `exchange`; the flags say what is odd about the reply's versions.
    pub fn of(exchange: &Exchange) -> (Self, Flags) {
        let Some(reply) = &exchange.reply else { return (Self::Undetermined, Flags::NONE) };
        if reply.error_code().is_some() {
            return (Self::Rejected, Flags::NONE);
        }
        let mut flags = Flags::NONE;
        flags.raise_if(recommendations_differ(reply), Flag::RecDiffers);
        let (Some(rec), Some(min)) = (version(reply.rec_ver()), version(reply.min_ver())) else {
            return (Self::Undetermined, flags);
        };
        flags.raise_if(min.compare(&rec).is_some_and(Ordering::is_gt), Flag::MinAboveRec);
        let sent = exchange.request.as_ref().and_then(|request| request.client_ver());
        let (Some(sent), Some(client)) = (sent, version(sent)) else { return (Self::Undetermined, flags) };
        if recommends_nothing(reply) {
            return (Self::Unrecognised, flags | minimum_flags(sent, &client, reply, &min));
        }
        // A recommendation like `1.0.0000,` may or may not be the sentinel.
        let sentinel_or_not = version(Some(SENTINEL)).and_then(|sentinel| rec.compare(&sentinel));
        let judged = sentinel_or_not.and_then(|_| Self::between(&client, &rec, &min));
        (judged.unwrap_or(Self::Undetermined), flags)
    }

    fn between(client: &Version<'_>, rec: &Version<'_>, min: &Version<'_>) -> Option<Self> {
        if client.compare(min)?.is_lt() {
            Some(Self::Required)
        } else if client.compare(rec)?.is_lt() {
            Some(Self::Recommended)
        } else {
            Some(Self::UpToDate)
        }
    }
}

fn version(text: Option<&[u8]>) -> Option<Version<'_>> {
    text.and_then(Version::parse)
}

/// Whether both recommendations are the sentinel.
fn recommends_nothing(reply: &Reply) -> bool {
    reply.rec_ver() == Some(SENTINEL) && reply.rec_ver2() == Some(SENTINEL)
}

/// By number where numbers decide, else by text.
fn recommendations_differ(reply: &Reply) -> bool {
    let (first, second) = (reply.rec_ver(), reply.rec_ver2());
    let order = match (version(first), version(second)) {
        (Some(first), Some(second)) => first.compare(&second),
        _ => None,
    };
    order.map_or(first != second, Ordering::is_ne)
}

/// What the minimum says where nothing is recommended. The sentinel is the client's own version only for a client that
/// sends it: that it also equals `1.0` over the common parts means nothing.
fn minimum_flags(sent: &[u8], client: &Version<'_>, reply: &Reply, min: &Version<'_>) -> Flags {
    let order = client.compare(min);
    let is_sentinel = reply.min_ver() == Some(SENTINEL);
    let is_own = if is_sentinel { sent == SENTINEL } else { order.is_some_and(Ordering::is_eq) };
    let mut flags = Flags::NONE;
    flags.raise_if(is_own, Flag::MinIsOwn);
    flags.raise_if(is_sentinel, Flag::MinIsSentinel);
    flags.raise_if(order.is_some_and(Ordering::is_lt), Flag::MinAboveOwn);
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cvr::script::{exchange, exchanges};

    /// `client: rec rec2 min` to `verdict flags`.
    fn judge(case: &str) -> String {
        let (client, reply) = case.split_once(": ").unwrap();
        let request = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR {client} MSMSGS a@example.com");
        say(&exchange(&request, &format!("CVR 2 {reply} http://a.example.com http://b.example.com")))
    }

    fn say(exchange: &Exchange) -> String {
        let (verdict, flags) = Verdict::of(exchange);
        format!("{} {flags}", verdict.word()).trim_end().to_owned()
    }

    #[test]
    fn replies_of_the_service_have_their_verdicts() {
        for (case, expected) in [
            ("3.6.0025: 4.6.0083 4.6.0083 1.0.0000", "recommended"),
            ("1.0.0863: 5.0.0537 5.0.0537 1.0.0863", "recommended"),
            ("5.0.0544: 6.0.0602 6.0.0602 1.0.0000", "recommended"),
            ("6.0.0602: 6.0.0602 6.0.0602 6.0.0268", "up_to_date"),
            ("6.0.0602: 6.1.0211 6.1.0211 6.1.0155", "required"),
            ("6.1.0211: 7.0.0813 7.0.0813 6.2.0205", "required"),
            ("6.2.0205: 7.0.0820 7.0.0820 7.0.0820", "required"),
            ("6.0.0602: 7.5.0324 7.5.0324 6.2.0208", "required"),
            ("8.0.0566: 8.0.0566 8.0.0566 8.0.0566", "up_to_date"),
            ("7.0.0777: 1.0.0000 1.0.0000 7.0.0425", "unrecognised min_above_rec"),
            ("7.0.0777: 8.1.0178 8.1.0178 8.1.0178", "required"),
            ("8.0.0812: 8.1.0178 8.1.0178 8.0.0787", "recommended"),
            ("8.0.0792: 8.5.1302 8.5.1302 8.1.0178", "required"),
            ("8.5.1302: 14.0.8064 14.0.8064 8.1.0178", "recommended"),
            ("8.5.1302: 14.0.8089 14.0.8089 14.0.8089", "required"),
            ("5.0.0544: 1.0.0000 1.0.0000 1.0.0000", "unrecognised min_is_sentinel"),
            ("15.4.3508.1109: 14.0.8117 14.0.8117 14.0.8117", "up_to_date"),
            ("14.0.8117.0416: 14.0.8117 14.0.8117 14.0.8117", "up_to_date"),
        ] {
            assert_eq!(judge(case), expected, "{case}");
        }
    }

    #[test]
    fn an_unrecognised_client_is_told_apart_by_its_minimum() {
        for (case, expected) in [
            ("6.0.0602: 1.0.0000 1.0.0000 6.0.0602", "unrecognised min_above_rec;min_is_own"),
            ("14.0.8117.0416: 1.0.0000 1.0.0000 14.0.8117", "unrecognised min_above_rec;min_is_own"),
            ("0.6: 1.0.0000 1.0.0000 7.0.0425", "unrecognised min_above_rec;min_above_own"),
            ("0.6: 1.0.0000 1.0.0000 1.0.0000", "unrecognised min_is_sentinel;min_above_own"),
            ("1.0: 1.0.0000 1.0.0000 1.0.0000", "unrecognised min_is_sentinel"),
            ("1.0.0000: 1.0.0000 1.0.0000 1.0.0000", "unrecognised min_is_own;min_is_sentinel"),
            // Not the sentinel: the number of another revival server, and a repeated version.
            ("6.0.0602: 1.0.0863 1.0.0863 1.0.0863", "up_to_date"),
            ("1.0.0: 1.0.0 1.0.0 1.0.0", "up_to_date"),
            ("1.0.0.0: 1.0.0.0 1.0.0.0 1.0.0.0", "up_to_date"),
        ] {
            assert_eq!(judge(case), expected, "{case}");
        }
    }

    #[test]
    fn recommendations_that_differ_are_flagged_and_the_first_is_used() {
        assert_eq!(judge("6.0.0602: 7.0.0813 6.2.0205 1.0.0000"), "recommended rec_differs");
        assert_eq!(judge("6.0.0602: 6.0.0602 7.0.0813 1.0.0000"), "up_to_date rec_differs");
        assert_eq!(judge("6.0.0602: 1.0.0000 7.0.0813 1.0.0000"), "up_to_date rec_differs");
        assert_eq!(judge("6.0.0602: 7.0.0813 7.0.813 1.0.0000"), "recommended");
    }

    #[test]
    fn a_minimum_above_the_recommendation_is_flagged() {
        assert_eq!(judge("6.0.0602: 6.1.0211 6.1.0211 6.2.0205"), "required min_above_rec");
        assert_eq!(judge("7.0.0777: 6.1.0211 6.1.0211 6.2.0205"), "up_to_date min_above_rec");
    }

    #[test]
    fn what_is_not_proven_is_undetermined() {
        for (case, expected) in [
            ("alpha1: 6.0.0602 6.0.0602 1.0.0000", "undetermined"),
            ("alpha1: alpha1 alpha1 alpha1", "undetermined"),
            ("7.5.0303P: 7.5.0324 7.5.0324 1.0.0000", "undetermined"),
            ("7.5.0303P: 8.1.0178 8.1.0178 1.0.0000", "recommended"),
            ("7.5.0303P: 7.5.0303P 7.5.0303P 7.5.0303P", "up_to_date"),
            ("6.0.0602: 1.0.0000, 1.0.0000 1.0.0000", "undetermined rec_differs"),
            ("6.0.0602: 7.0 7.0 4294967296", "undetermined"),
        ] {
            assert_eq!(judge(case), expected, "{case}");
        }
    }

    #[test]
    fn halves_and_errors_have_their_verdicts() {
        let request = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com";
        assert_eq!(say(&exchange(request, "")), "undetermined");
        for error in ["420 2", "710 2", "731 2", "500 2"] {
            assert_eq!(say(&exchange(request, error)), "rejected", "{error}");
        }
        assert_eq!(say(&exchange(request, "CVR 2 7.0.0813 7.0.0813")), "undetermined");
        assert_eq!(say(&exchange("CVQ 6 spaghetti", "731 6")), "rejected");
        assert_eq!(say(&exchange("CVQ 6 spaghetti", "CVQ 6 7.0 7.0 7.0")), "undetermined");
        let alone = exchanges("S: CVR 2 1.0.0000 1.0.0000 7.0.0425");
        assert_eq!(say(&alone[0]), "undetermined min_above_rec");
    }
}

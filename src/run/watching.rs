//! What a person should hear while an interface is listened to: that the link went down or came back, and, at most once a
//! minute, that packets are lost.

use std::time::{Duration, Instant};

use super::News;
use crate::capture::Facts;
use crate::text::counted;

/// Time between two warnings of lost packets.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// What was told so far.
#[derive(Default)]
pub(super) struct Watching {
    /// Links that went down, and those that came back.
    downs: usize,
    ups: usize,
    /// Packets that were told as lost, and when that was.
    lost: u64,
    warned: Option<Instant>,
}

impl Watching {
    /// Tells what is new in `facts`.
    pub(super) fn look(&mut self, name: &str, facts: &Facts, tell: &mut dyn FnMut(News<'_>)) {
        let ups = facts.outages.iter().filter(|outage| outage.to.is_some()).count();
        if facts.outages.len() > self.downs {
            tell(News::Note(&format!("{name}: the interface is down; listening goes on")));
        }
        if ups > self.ups {
            tell(News::Note(&format!("{name}: the interface is up again")));
        }
        (self.downs, self.ups) = (facts.outages.len(), ups);
        let lost = facts.lost();
        if lost > self.lost && self.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            let packets = counted(lost - self.lost, "packet");
            tell(News::Warning(&format!("{name}: {packets} lost; {} in all", counted(lost, "packet"))));
            (self.lost, self.warned) = (lost, Some(Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Format, Outage};
    use crate::packet::Timestamp;

    fn told(watching: &mut Watching, facts: &Facts) -> Vec<String> {
        let mut told = Vec::new();
        watching.look("va", facts, &mut |news| {
            if let News::Note(text) | News::Warning(text) = news {
                told.push(text.to_owned());
            }
        });
        told
    }

    #[test]
    fn k3_a_link_that_goes_down_and_comes_back_is_told_once() {
        let (mut watching, mut facts) = (Watching::default(), Facts::new(Format::Live));
        assert_eq!(told(&mut watching, &facts), [""; 0]);
        facts.outages.push(Outage { from: Timestamp::default(), to: None });
        assert_eq!(told(&mut watching, &facts), ["va: the interface is down; listening goes on"]);
        assert_eq!(told(&mut watching, &facts), [""; 0]);
        facts.outages[0].to = Some(Timestamp::default());
        assert_eq!(told(&mut watching, &facts), ["va: the interface is up again"]);
    }

    #[test]
    fn k5_losses_are_told_once_a_minute() {
        let (mut watching, mut facts) = (Watching::default(), Facts::new(Format::Live));
        facts.dropped_in_total = 1_000;
        facts.overload = 1;
        assert_eq!(told(&mut watching, &facts), ["va: 1,001 packets lost; 1,001 packets in all"]);
        facts.overload = 2;
        assert_eq!(told(&mut watching, &facts), [""; 0]);
        watching.warned = Instant::now().checked_sub(WARN_EVERY);
        assert_eq!(told(&mut watching, &facts), ["va: 1 packet lost; 1,002 packets in all"]);
    }
}

//! What equal words mean, found out once.
//!
//! A million clients send some thousand different requests, names and transaction ids aside, and are given some hundred
//! different answers. To find out what one means costs more than all that is done with it afterwards. So the meaning of
//! each is remembered, and has a number, by which the tables remember what they made of it.
//!
//! * **Takes** every [`Exchange`] of a run.
//! * **Gives** its [`Observation`], the same as [`Observation::of`] gives.
//! * **Keeps** the first [`KINDS_MAX`] kinds of requests, and as many of answers, none longer than [`KIND_LEN_MAX`].
//! * **Leaves out** who said it, when and where: that is different every time.

use std::collections::HashMap;
use std::sync::Arc;

use super::dimension::verb;
use super::distinct::{Seed, entry};
use super::observation::{Judgement, Observation};
use crate::cvr::{Exchange, Reply, Request};
use crate::limits::{KIND_LEN_MAX, KINDS_MAX};
use crate::profile::Profile;

/// Makes observations, and remembers what they have in common. The tables of a run take theirs from one observer.
#[derive(Debug, Default)]
pub struct Observer {
    requests: Memory<Option<Arc<Profile>>>,
    answers: Memory<Judgement>,
}

/// The numbers of what an observation has in common with others, as far as they are remembered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds {
    /// Equal numbers show the same value in every dimension.
    pub(super) request: Option<u32>,
    /// Equal numbers are the same answer to the same version, library and system.
    pub(super) answer: Option<u32>,
}

impl Observer {
    /// Makes of `exchange` what can be made of it.
    pub fn observe(&mut self, exchange: Exchange) -> Observation {
        let profile = || Profile::of(&exchange).map(Arc::new);
        let (request, profile) = self.requests.recall(|words| asked(&exchange, words), profile);
        let judgement = || Judgement::of(&exchange);
        let (answer, judgement) = self.answers.recall(|words| answered(&exchange, words), judgement);
        Observation::new(exchange, profile, judgement, Kinds { request, answer })
    }
}

/// All that decides what a request means and where it is counted.
fn asked(exchange: &Exchange, words: &mut Words) {
    let request = exchange.request.as_ref();
    let fields = [
        Request::locale_id,
        Request::os_type,
        Request::os_ver,
        Request::arch,
        Request::library_name,
        Request::client_ver,
        Request::client_name,
    ];
    words.put(request.map(|_| &b""[..]));
    for field in fields {
        words.put(request.and_then(field));
    }
    words.put(request.and_then(|request| request.extra().next()));
    words.put(exchange.dialect.offered.as_deref());
    words.put(exchange.dialect.chosen.as_deref());
    words.put(Some(exchange.via.word().as_bytes()));
    words.put(Some(verb(exchange).as_bytes()));
    words.put(Some(&exchange.time().year().to_le_bytes()));
}

/// All that decides what an answer means and where it is counted.
fn answered(exchange: &Exchange, words: &mut Words) {
    let request = exchange.request.as_ref();
    for field in [Request::library_name, Request::client_ver, Request::os_type] {
        words.put(request.and_then(field));
    }
    let reply = exchange.reply.as_ref();
    words.put(reply.map(|_| &b""[..]));
    words.put(reply.and_then(Reply::error_code).map(|_| &b""[..]));
    for field in [Reply::rec_ver, Reply::rec_ver2, Reply::min_ver, Reply::dl_url, Reply::info_url] {
        words.put(reply.and_then(field));
    }
}

/// Words one after the other, so that no two lists of them look alike.
#[derive(Debug, Default)]
struct Words(Vec<u8>);

impl Words {
    fn put(&mut self, word: Option<&[u8]>) {
        // None is one more than the empty one. A line is far too short to reach the end of this.
        let len = word.map_or(0, |word| u32::try_from(word.len()).unwrap_or(u32::MAX).saturating_add(1));
        self.0.extend_from_slice(&len.to_le_bytes());
        self.0.extend_from_slice(word.unwrap_or_default());
    }
}

/// What was made of different words, each with a dense number. The words come from strangers: the hash has a random seed.
#[derive(Debug)]
struct Memory<T> {
    known: HashMap<Box<[u8]>, (u32, T), Seed>,
    /// The words in question.
    words: Words,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { known: HashMap::default(), words: Words::default() }
    }
}

impl<T: Clone> Memory<T> {
    /// What the words that `put` puts are worth, and their number; `make` is asked if that is not known.
    fn recall(&mut self, put: impl FnOnce(&mut Words), make: impl FnOnce() -> T) -> (Option<u32>, T) {
        self.words.0.clear();
        put(&mut self.words);
        if let Some((number, worth)) = self.known.get(self.words.0.as_slice()) {
            return (Some(*number), worth.clone());
        }
        let worth = make();
        let has_room = self.known.len() < KINDS_MAX && self.words.0.len() <= KIND_LEN_MAX;
        let number = u32::try_from(self.known.len()).ok().filter(|_| has_room);
        if let Some(number) = number {
            self.known.insert(self.words.0.as_slice().into(), (number, worth.clone()));
        }
        (number, worth)
    }
}

/// What a table made of each kind.
#[derive(Clone, Debug)]
pub(super) struct ByKind<T>(Vec<Option<T>>);

impl<T> Default for ByKind<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> ByKind<T> {
    /// What it made of `kind`, if that is remembered.
    pub(super) fn get(&self, kind: Option<u32>) -> Option<T> {
        *self.0.get(usize::try_from(kind?).ok()?)?
    }

    /// It makes `worth` of `kind`.
    pub(super) fn set(&mut self, kind: Option<u32>, worth: T) {
        if let Some(slot) = kind.and_then(|kind| entry(&mut self.0, kind)) {
            *slot = Some(worth);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::{any_observation, observation};
    use crate::census::{Clients, Population, Step, TimelineCounter, Upgrades};

    /// Every row of every table, in which each observation counts.
    fn tables(observations: &[Observation]) -> String {
        let mut clients = Clients::default();
        let mut population = Population::default();
        let mut upgrades = Upgrades::default();
        let mut timeline = TimelineCounter::new(Step::parse("7s").unwrap());
        for observation in observations {
            clients.push(observation);
            population.push(observation);
            upgrades.push(observation);
            timeline.push(observation);
        }
        let (clients, population) = (clients.rows().collect::<Vec<_>>(), population.rows());
        let timeline = timeline.finish();
        let timeline: Vec<_> = timeline.rows(&population).collect();
        format!("{clients:#?}\n{population:#?}\n{:#?}\n{timeline:#?}", upgrades.rows())
    }

    /// The same without the numbers of the kinds, which nobody sees.
    fn told(observation: &Observation) -> String {
        format!("{:?}", Observation { kinds: Kinds::default(), ..observation.clone() })
    }

    #[test]
    fn what_is_equal_but_for_who_and_when_is_of_one_kind() {
        let mut observer = Observer::default();
        let mut kinds = |request: &str, reply: &str| {
            let Kinds { request, answer } =
                observer.observe(observation(1, 3, request.as_bytes(), reply.as_bytes()).exchange).kinds;
            (request.unwrap(), answer.unwrap())
        };
        let ask = "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS";
        let answer = "6.1.0211 6.1.0211 6.1.0155 a:b c:d";
        assert_eq!(kinds(&format!("CVR 2 {ask} a@example.com"), &format!("CVR 2 {answer}")), (0, 0));
        assert_eq!(kinds(&format!("CVR 9 {ask} b@example.com"), &format!("CVR 9 {answer}")), (0, 0));
        assert_eq!(kinds(&format!("CVR 9 {ask} b@example.com"), "CVR 9 6.0 6.0 6.0"), (0, 1));
        assert_eq!(
            kinds("CVR 9 0x0809 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS b@example.com", &format!("CVR 9 {answer}")),
            (1, 0)
        );
        assert_eq!(kinds("", ""), (2, 2));
    }

    #[test]
    fn a_kind_too_many_has_no_number_and_its_meaning_all_the_same() {
        let mut memory = Memory::<usize>::default();
        for number in 0..2 * KINDS_MAX {
            let (kind, worth) = memory.recall(|words| words.put(Some(&number.to_le_bytes())), || number);
            assert_eq!((kind.is_some(), worth), (number < KINDS_MAX, number));
        }
        assert_eq!(memory.known.len(), KINDS_MAX);
    }

    #[test]
    fn words_longer_than_honest_ones_are_not_remembered() {
        let mut observer = Observer::default();
        let mut kinds = |len: usize| {
            let request = format!("CVR 2 0x0409 winnt 5.1 i386 {} 6.0.0602 MSMSGS", "x".repeat(len));
            let seen = observer.observe(observation(1, 1, request.as_bytes(), b"").exchange);
            (seen.kinds.request.is_some(), seen.profile.is_some())
        };
        assert_eq!(kinds(300), (true, true));
        assert_eq!(kinds(8_000), (false, true));
    }

    proptest! {
        #[test]
        fn what_is_remembered_changes_nothing(observations in prop::collection::vec(any_observation(), 0..40)) {
            let mut observer = Observer::default();
            let exchanges = observations.iter().map(|observation| observation.exchange.clone());
            let remembered: Vec<_> = exchanges.map(|exchange| observer.observe(exchange)).collect();
            let same = observations.iter().map(told).eq(remembered.iter().map(told));
            prop_assert!(same);
            prop_assert_eq!(tables(&observations), tables(&remembered));
        }

        #[test]
        fn no_two_lists_of_words_look_alike(
            a in prop::collection::vec(prop::option::of("[ab\\x00\\x01]{0,2}"), 0..4), b in prop::collection::vec(prop::option::of("[ab\\x00\\x01]{0,2}"), 0..4),
        ) {
            let joined = |list: &[Option<String>]| {
                let mut words = Words::default();
                for word in list {
                    words.put(word.as_ref().map(String::as_bytes));
                }
                words.0
            };
            prop_assert_eq!(joined(&a) == joined(&b), a == b);
        }
    }
}

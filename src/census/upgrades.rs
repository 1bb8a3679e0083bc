//! What servers told each client version to upgrade to.
//!
//! * **Takes** every [`Observation`], one after the other.
//! * **Gives** [`UpgradeRow`]s: one for each client version and system, and answer; the commonest first.
//! * **Keeps** some twenty bytes per client and server, and each different text once.
//! * **Leaves out** exchanges without an answer, or with one that names nothing.
//!
//! An error is an answer: it names no version, its verdict is `rejected`, and which versions were turned away is as much
//! a server's policy as what it recommended. So is the answer to a request that was not captured: it still tells where
//! the downloads were.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::distinct::{Distinct, Numbering, Sightings, at, entry};
use super::observer::ByKind;
use super::{Observation, Room, Verdict, sort_key};
use crate::cvr::{Reply, Request};
use crate::packet::Timestamp;

/// One client version and one answer to it: a row of the `upgrades` table. An empty text means absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeRow {
    /// Library name as sent.
    pub library_name: Vec<u8>,
    /// Client version as sent.
    pub client_ver: Vec<u8>,
    /// Sorts client versions by number.
    pub sort_key: Vec<u8>,
    /// Family of operating systems as sent: servers answer by it.
    pub os_type: Vec<u8>,
    /// Recommended version.
    pub rec_ver: Vec<u8>,
    /// Second recommended version.
    pub rec_ver2: Vec<u8>,
    /// Minimum version.
    pub min_ver: Vec<u8>,
    /// Address to download from.
    pub dl_url: Vec<u8>,
    /// Address to read about it.
    pub info_url: Vec<u8>,
    /// What the answer means for the client.
    pub verdict: Verdict,
    /// Whether the answer only repeats the client's version.
    pub echo: bool,
    /// Exchanges that went like this.
    pub exchanges: u64,
    /// Different clients that were answered so.
    pub clients: u64,
    /// Different addresses of servers that answered so.
    pub servers: u64,
    /// When the first of the exchanges began.
    pub first_seen: Timestamp,
    /// When the last of them began.
    pub last_seen: Timestamp,
}

/// How many texts tell the rows apart.
const TEXTS: usize = 8;

/// What tells the rows apart: the numbers of the texts in the order of the columns, the verdict, the echo.
type Group = ([u32; TEXTS], Verdict, bool);

/// Counts the answers.
#[derive(Debug, Default)]
pub struct Upgrades {
    room: Room,
    /// Whether there were more groups than there is room for.
    is_full: bool,
    texts: Numbering<Vec<u8>>,
    groups: Numbering<Group>,
    /// An exchange belongs to one group: each combination is that group alone, and has its number.
    combinations: Numbering<[u32; 1]>,
    of_kinds: ByKind<Option<u32>>,
    clients: Distinct<u64>,
    servers: Distinct<IpAddr>,
    /// By number of the group.
    sightings: Vec<Sightings>,
}

impl Upgrades {
    /// Counts exactly as long as there is room. Groups beyond it are left out.
    pub fn within(room: Room) -> Self {
        let (clients, servers) = (Distinct::within(room.entities), Distinct::within(room.entities));
        Self { room, clients, servers, ..Self::default() }
    }

    /// Whether more came than there was room for.
    pub const fn is_full(&self) -> bool {
        self.is_full || self.clients.is_full() || self.servers.is_full()
    }

    /// Counts `observation`, if the server answered.
    pub fn push(&mut self, observation: &Observation) {
        let kind = observation.kinds.answer;
        let group = self.of_kinds.get(kind).unwrap_or_else(|| {
            let group = self.group(observation);
            self.of_kinds.set(kind, group);
            group
        });
        let Some(group) = group else { return };
        let exchange = &observation.exchange;
        if let Some(sightings) = entry(&mut self.sightings, group) {
            sightings.push(exchange.time());
        }
        self.clients.push(observation.identity.id, group, &self.combinations);
        self.servers.push(exchange.peers.server.addr, group, &self.combinations);
    }

    /// The number of the group of `observation`, if it is in one.
    fn group(&mut self, observation: &Observation) -> Option<u32> {
        let request = observation.exchange.request.as_ref();
        let reply = observation.exchange.reply.as_ref()?;
        let answer = Some(reply).filter(|reply| reply.error_code().is_none());
        if answer.is_some_and(|answer| answer.rec_ver().is_none()) {
            return None;
        }
        let texts = [
            request.and_then(Request::library_name),
            request.and_then(Request::client_ver),
            request.and_then(Request::os_type),
            answer.and_then(Reply::rec_ver),
            answer.and_then(Reply::rec_ver2),
            answer.and_then(Reply::min_ver),
            answer.and_then(Reply::dl_url),
            answer.and_then(Reply::info_url),
        ]
        .map(Option::unwrap_or_default);
        if self.groups.len() < self.room.values && texts.iter().all(|text| self.room.takes(text)) {
            let texts = texts.map(|text| self.texts.number(text));
            let group = self.groups.number(&(texts, observation.verdict, observation.echo));
            return Some(self.combinations.number(&[group]));
        }
        let texts: Option<Vec<_>> = texts.into_iter().map(|text| self.texts.get(text)).collect();
        let texts = texts.and_then(|texts| texts.try_into().ok());
        let group = texts.and_then(|texts| self.groups.get(&(texts, observation.verdict, observation.echo)));
        self.is_full |= group.is_none();
        self.combinations.get(&[group?])
    }

    /// The table so far.
    pub fn rows(&self) -> Vec<UpgradeRow> {
        let clients = self.clients.counts(&self.combinations);
        let servers = self.servers.counts(&self.combinations);
        let seen = self.groups.iter().zip(&self.sightings);
        let counted =
            seen.map(|((number, group), seen)| self.row(group, *seen, at(&clients, number), at(&servers, number)));
        let mut rows: Vec<_> = counted.collect();
        rows.sort_by(|a, b| key(a).cmp(&key(b)));
        rows
    }

    /// Different clients for each key that `key` makes of a row: one that is in two rows with the same key counts once.
    /// The counts of the rows that `key` sees are not known yet.
    pub fn clients_by<K: Ord>(&self, key: impl Fn(&UpgradeRow) -> K) -> BTreeMap<K, u64> {
        let mut numbers = BTreeMap::new();
        let mut set_of = Vec::new();
        for (_, group) in self.groups.iter() {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = numbers.entry(key(&self.row(group, Sightings::default(), 0, 0))).or_insert(next);
            set_of.push(*number);
        }
        let counts = self.clients.counts_of_sets(&self.combinations, &set_of);
        numbers.into_iter().map(|(key, number)| (key, at(&counts, number))).collect()
    }

    fn row(&self, group: &Group, seen: Sightings, clients: u64, servers: u64) -> UpgradeRow {
        let (texts, verdict, echo) = *group;
        let [library_name, client_ver, os_type, rec_ver, rec_ver2, min_ver, dl_url, info_url] =
            texts.map(|text| self.texts.key(text).cloned().unwrap_or_default());
        UpgradeRow {
            library_name,
            sort_key: sort_key::version(&client_ver),
            client_ver,
            os_type,
            rec_ver,
            rec_ver2,
            min_ver,
            dl_url,
            info_url,
            verdict,
            echo,
            exchanges: seen.exchanges,
            clients,
            servers,
            first_seen: seen.first,
            last_seen: seen.last,
        }
    }
}

/// The order of the rows: the commonest first, then by the columns that tell them apart.
fn key(row: &UpgradeRow) -> (Reverse<u64>, [&[u8]; TEXTS], Verdict, bool) {
    let texts: [&[u8]; TEXTS] = [
        &row.library_name,
        &row.client_ver,
        &row.os_type,
        &row.rec_ver,
        &row.rec_ver2,
        &row.min_ver,
        &row.dl_url,
        &row.info_url,
    ];
    (Reverse(row.exchanges), texts, row.verdict, row.echo)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, any_observation, observation, time};

    fn table(observations: &[Observation]) -> Vec<UpgradeRow> {
        let mut upgrades = Upgrades::default();
        for observation in observations {
            upgrades.push(observation);
        }
        upgrades.rows()
    }

    #[test]
    fn equal_answers_are_one_row() {
        let mut second =
            observation(2, 3, b"CVR 9 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS two@example.com", REPLY);
        second.exchange.peers.server.addr = [198, 51, 100, 6].into();
        let rows = table(&[observation(1, 9, REQUEST, REPLY), second, observation(1, 12, REQUEST, REPLY)]);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((row.exchanges, row.clients, row.servers), (3, 2, 2));
        assert_eq!((row.first_seen, row.last_seen), (time(3), time(12)));
        assert_eq!(row.rec_ver, b"6.1.0211");
        assert_eq!(row.info_url, b"http://messenger.example.com");
    }

    #[test]
    fn the_commonest_answer_comes_first_then_the_library_name() {
        let other = b"CVR 2 0x0409 winnt 5.1 i386 MSGSTRST 3.6.0025 MSMSGS user@example.com";
        let silent = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 MSMSGS user@example.com";
        let rows = table(&[
            observation(1, 1, silent, b"420 2"),
            observation(1, 2, other, REPLY),
            observation(1, 3, REQUEST, REPLY),
            observation(1, 4, REQUEST, REPLY),
        ]);
        let versions: Vec<_> = rows.iter().map(|row| row.client_ver.as_slice()).collect();
        assert_eq!(versions, [&b"6.0.0602"[..], b"3.6.0025", b"7.5.0324"]);
    }

    #[test]
    fn no_answer_is_no_row_and_an_error_names_no_version() {
        let rows = table(&[observation(1, 1, REQUEST, b""), observation(1, 2, REQUEST, b"420 2 x y z")]);
        assert_eq!(table(&[observation(1, 1, REQUEST, b"CVR 2")]), []);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].rec_ver.len(), rows[0].dl_url.len()), (0, 0));
    }

    #[test]
    fn a_reply_alone_still_tells_where_the_download_was() {
        let rows = table(&[observation(1, 1, b"", REPLY)]);
        assert_eq!(rows[0].client_ver, b"");
        assert_eq!(rows[0].dl_url, b"http://download.example.com/SetupDl.exe");
    }

    #[test]
    fn groups_and_clients_that_there_is_no_room_for_are_left_out_and_it_is_told() {
        let other = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.0.0777 MSMSGS other@example.com";
        let observations =
            [observation(1, 1, REQUEST, REPLY), observation(2, 2, other, REPLY), observation(3, 3, REQUEST, REPLY)];
        let counts = |room| {
            let mut upgrades = Upgrades::within(room);
            for observation in &observations {
                upgrades.push(observation);
            }
            let rows = upgrades.rows();
            (rows.iter().map(|row| (row.exchanges, row.clients)).collect::<Vec<_>>(), upgrades.is_full())
        };
        assert_eq!(counts(Room { entities: 2, values: 2 }), (vec![(2, 1), (1, 1)], false));
        assert_eq!(counts(Room { entities: 1, values: 1 }), (vec![(2, 1)], true));
    }

    proptest! {
        #[test]
        fn clients_by_a_key_are_counted_once(observations in prop::collection::vec(any_observation(), 0..40)) {
            let mut upgrades = Upgrades::default();
            let mut naive = BTreeMap::<_, BTreeSet<_>>::new();
            for observation in &observations {
                upgrades.push(observation);
                let request = observation.exchange.request.as_ref();
                let family = request.and_then(|request| request.os_type()).unwrap_or_default();
                naive.entry(family.to_vec()).or_default().insert(observation.identity.id);
            }
            let naive = naive.into_iter().map(|(family, clients)| (family, clients.len() as u64));
            let counted = upgrades.clients_by(|row| row.os_type.clone());
            prop_assert_eq!(counted, naive.collect::<BTreeMap<_, _>>());
        }
    }
}

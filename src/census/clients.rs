//! Who is who: one row for each client, with all that was seen of it.
//!
//! * **Takes** every [`Observation`], in the order of time.
//! * **Gives** [`ClientRow`]s in the order of first appearance.
//! * **Keeps** 355 bytes per client, its name, one address, two connections, one version and one advice included (measured
//!   with a million of them); for each further address, connection or version 15 to 70 more. Its path of versions and
//!   the advice that it was given are bounded ([`PATH_LEN_MAX`], [`ADVICE_MAX`]); all counts are exact, as long as there
//!   is [`Room`]. Who comes later has no row.
//! * **Leaves out** that one client may run two programs: their versions take turns in its path.

use std::cmp::Ordering;
use std::hash::Hash;
use std::net::IpAddr;

use super::distinct::{Bounded, Numbering, Sightings, connection, entry};
use super::observer::ByKind;
use super::{Dimension, Observation, Room, Verdict};
use crate::cvr::{Reply, Request, Version};
use crate::limits::{ADVICE_MAX, PATH_LEN_MAX};
use crate::packet::{InputId, Timestamp};

/// One client: a row of the `clients` table. An empty text means absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// The number made from the identity.
    pub id: u64,
    /// What tells it apart.
    pub identity: String,
    /// Whether the identity is an account that a request named as its passport.
    pub has_passport: bool,
    /// Different addresses.
    pub ips: u64,
    /// Exchanges.
    pub exchanges: u64,
    /// Connections that carried them.
    pub connections: u64,
    /// When the first of the exchanges began.
    pub first_seen: Timestamp,
    /// When the last of them began.
    pub last_seen: Timestamp,
    /// Different client versions, as sent.
    pub versions: u64,
    /// The first client version.
    pub first_ver: Vec<u8>,
    /// The last one.
    pub last_ver: Vec<u8>,
    /// The versions one after the other, each that follows itself told once, as far as they were kept.
    pub path: Vec<Vec<u8>>,
    /// Whether there were more of them.
    pub path_cut: bool,
    /// Whether the last version is above the first; `None` if their numbers do not tell.
    pub upgraded: Option<bool>,
    /// Whether it was seen with a version after it had been told to take it; `None` if it was told to take none.
    pub reached_rec: Option<bool>,
    /// The latest locale that is known.
    pub locale: Vec<u8>,
    /// The latest operating system.
    pub os: Vec<u8>,
    /// The latest processor architecture.
    pub arch: Vec<u8>,
    /// The latest dialect.
    pub msnp: Vec<u8>,
}

/// What the row tells as it was seen last.
const LATEST: [Dimension; 4] = [Dimension::Locale, Dimension::Os, Dimension::Arch, Dimension::Msnp];

/// The number of a text; [`Numbering`] begins with the empty one here.
type Text = u32;

/// The number of the empty text, which stands for none.
const UNKNOWN: Text = 0;

/// Takes down the clients.
#[derive(Debug)]
pub struct Clients {
    room: Room,
    /// Whether more came than there was room for.
    is_full: bool,
    numbers: Numbering<u64>,
    /// By number of the client.
    kept: Vec<Client>,
    texts: Numbering<Vec<u8>>,
    ips: Different<IpAddr>,
    connections: Different<(InputId, u64)>,
    versions: Different<Text>,
    of_requests: ByKind<Shown>,
    of_answers: ByKind<Text>,
}

/// What a request shows: what the row tells as it was seen last, and the version.
#[derive(Clone, Copy, Debug)]
struct Shown {
    latest: [Text; LATEST.len()],
    version: Text,
}

/// What is kept of one client besides its sets.
#[derive(Clone, Debug, Default)]
struct Client {
    identity: Box<str>,
    seen: Sightings,
    latest: [Text; LATEST.len()],
    first_ver: Text,
    last_ver: Text,
    /// The versions that followed the first.
    path: Vec<Text>,
    /// Versions that it was told to take, the latest last.
    advice: Vec<Text>,
    path_cut: bool,
    has_passport: bool,
    reached_rec: bool,
}

impl Default for Clients {
    fn default() -> Self {
        Self::within(Room::ENDLESS)
    }
}

impl Clients {
    /// Takes down clients, and what they showed, as long as there is room.
    pub fn within(room: Room) -> Self {
        let mut texts = Numbering::<Vec<u8>>::default();
        texts.number(&b""[..]);
        Self {
            room,
            is_full: false,
            numbers: Numbering::default(),
            kept: Vec::new(),
            texts,
            ips: Different::within(room.entities),
            connections: Different::within(room.entities),
            versions: Different::within(room.entities),
            of_requests: ByKind::default(),
            of_answers: ByKind::default(),
        }
    }

    /// Whether more came than there was room for.
    pub const fn is_full(&self) -> bool {
        self.is_full || self.ips.more.is_full() || self.connections.more.is_full() || self.versions.more.is_full()
    }

    /// Takes down `observation`.
    pub fn push(&mut self, observation: &Observation) {
        let Observation { exchange, identity, .. } = observation;
        let shown = self.shown(observation);
        let advised = self.advised(observation);
        let most = if self.room.takes(identity.text.as_bytes()) { self.room.entities } else { 0 };
        let Some(number) = self.numbers.number_within(&identity.id, most) else {
            self.is_full = true;
            return;
        };
        let Some(client) = entry(&mut self.kept, number) else { return };
        if client.seen.exchanges == 0 {
            client.identity = identity.text.as_str().into();
        }
        client.seen.push(exchange.time());
        client.has_passport |= exchange.request.as_ref().is_some_and(|request| request.account().is_some());
        self.ips.push(number, exchange.peers.client.addr);
        self.connections.push(number, connection(exchange.session));
        for (shown, latest) in shown.latest.into_iter().zip(&mut client.latest) {
            if shown != UNKNOWN {
                *latest = shown;
            }
        }
        let version = shown.version;
        if version == UNKNOWN {
            return;
        }
        self.versions.push(number, version);
        if client.last_ver != version {
            let is_equal = |advice: &Text| compare(&self.texts, version, *advice).is_some_and(Ordering::is_eq);
            client.reached_rec |= client.advice.iter().any(is_equal);
            client.follow(version);
        }
        if advised != UNKNOWN {
            client.be_told(advised);
        }
    }

    fn shown(&mut self, observation: &Observation) -> Shown {
        let kind = observation.kinds.request;
        self.of_requests.get(kind).unwrap_or_else(|| {
            let latest = LATEST.map(|dimension| self.text(&dimension.value(observation)));
            let version = observation.exchange.request.as_ref().and_then(Request::client_ver);
            let shown = Shown { latest, version: self.text(version.unwrap_or_default()) };
            self.of_requests.set(kind, shown);
            shown
        })
    }

    /// The number of `text`; that of none if there is no room for it.
    fn text(&mut self, text: &[u8]) -> Text {
        let most = if self.room.takes(text) { self.room.values } else { 0 };
        let number = self.texts.number_within(text, most);
        self.is_full |= number.is_none();
        number.unwrap_or(UNKNOWN)
    }

    /// The version that the client was told to take, if it is above its own.
    fn advised(&mut self, observation: &Observation) -> Text {
        let kind = observation.kinds.answer;
        self.of_answers.get(kind).unwrap_or_else(|| {
            let advised = self.text(advised(observation).unwrap_or_default());
            self.of_answers.set(kind, advised);
            advised
        })
    }

    /// The table so far.
    pub fn rows(&self) -> impl Iterator<Item = ClientRow> {
        let mut order: Vec<_> = self.numbers.iter().zip(&self.kept).collect();
        order.sort_unstable_by_key(|((_, id), client)| (client.seen.first, **id));
        order.into_iter().map(|((number, id), client)| self.row(number, *id, client))
    }

    fn row(&self, number: u32, id: u64, client: &Client) -> ClientRow {
        let text = |number: Text| self.texts.key(number).cloned().unwrap_or_default();
        let [locale, os, arch, msnp] = client.latest.map(text);
        let versions = self.versions.count(number);
        let first = Some(&client.first_ver).filter(|_| versions > 0);
        let path = first.into_iter().chain(&client.path);
        ClientRow {
            id,
            identity: client.identity.clone().into(),
            has_passport: client.has_passport,
            ips: self.ips.count(number),
            exchanges: client.seen.exchanges,
            connections: self.connections.count(number),
            first_seen: client.seen.first,
            last_seen: client.seen.last,
            versions,
            first_ver: text(client.first_ver),
            last_ver: text(client.last_ver),
            path: path.map(|version| text(*version)).collect(),
            path_cut: client.path_cut,
            upgraded: compare(&self.texts, client.last_ver, client.first_ver).map(Ordering::is_gt),
            reached_rec: (!client.advice.is_empty()).then_some(client.reached_rec),
            locale,
            os,
            arch,
            msnp,
        }
    }
}

impl Client {
    /// It was seen with another version than before.
    fn follow(&mut self, version: Text) {
        if self.last_ver == UNKNOWN {
            self.first_ver = version;
        } else if self.path.len() + 1 < PATH_LEN_MAX {
            self.path.push(version);
        } else {
            self.path_cut = true;
        }
        self.last_ver = version;
    }

    /// It was told to take `version`.
    fn be_told(&mut self, version: Text) {
        if self.advice.contains(&version) {
            return;
        }
        if self.advice.len() >= ADVICE_MAX {
            self.advice.remove(0);
        }
        self.advice.push(version);
    }
}

/// The version that the client was told to take, if it is above its own.
fn advised(observation: &Observation) -> Option<&[u8]> {
    if !matches!(observation.verdict, Verdict::Required | Verdict::Recommended) {
        return None;
    }
    let own = observation.exchange.request.as_ref().and_then(Request::client_ver)?;
    let advised = observation.exchange.reply.as_ref().and_then(Reply::rec_ver)?;
    let order = Version::parse(own)?.compare(&Version::parse(advised)?)?;
    order.is_lt().then_some(advised)
}

/// How two versions compare by number, if that tells.
fn compare(texts: &Numbering<Vec<u8>>, a: Text, b: Text) -> Option<Ordering> {
    let version = |number| texts.key(number).and_then(|text| Version::parse(text));
    version(a)?.compare(&version(b)?)
}

/// Counts the different things of each client. The first stands by itself: most clients have no other.
#[derive(Debug)]
struct Different<K> {
    /// By number of the client.
    first: Vec<Option<K>>,
    more: Bounded<(u32, K)>,
    /// By number of the client, how many there are in `more`.
    more_counts: Vec<u32>,
}

impl<K: Clone + Eq + Hash> Different<K> {
    /// Counts exactly as long as there are no more than `most` besides the first of each client.
    fn within(most: usize) -> Self {
        Self { first: Vec::new(), more: Bounded::within(most), more_counts: Vec::new() }
    }

    fn push(&mut self, client: u32, thing: K) {
        match entry(&mut self.first, client) {
            Some(slot @ None) => *slot = Some(thing),
            Some(Some(first)) if *first != thing => {
                if self.more.insert((client, thing))
                    && let Some(count) = entry(&mut self.more_counts, client)
                {
                    *count += 1;
                }
            }
            _ => {}
        }
    }

    fn count(&self, client: u32) -> u64 {
        let Ok(client) = usize::try_from(client) else { return 0 };
        let has_first = self.first.get(client).is_some_and(Option::is_some);
        u64::from(has_first) + u64::from(self.more_counts.get(client).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, any_observation, observation, time};

    fn table(observations: &[Observation]) -> Vec<ClientRow> {
        let mut clients = Clients::default();
        for observation in observations {
            clients.push(observation);
        }
        clients.rows().collect()
    }

    /// The row of one client that sends these versions one after the other, `6.0.0602 -> 6.1.0211` being told to take one.
    fn row(versions: &[&str]) -> ClientRow {
        let observations: Vec<_> = (1..)
            .zip(versions)
            .map(|(frame, versions)| {
                let (version, advice) = versions.split_once(" -> ").unwrap_or((versions, "1.0.0000"));
                let request = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR {version} MSMSGS user@example.com");
                let reply = format!("CVR 2 {advice} {advice} 1.0.0000 http://a.example.com http://b.example.com");
                observation(1, 10 * frame, request.as_bytes(), reply.as_bytes())
            })
            .collect();
        let rows = table(&observations);
        assert_eq!(rows.len(), 1);
        rows.into_iter().next().unwrap()
    }

    fn path(versions: &[&str]) -> String {
        String::from_utf8(row(versions).path.join(&b' ')).unwrap()
    }

    #[test]
    fn nobody_is_no_row() {
        assert_eq!(table(&[]), []);
    }

    #[test]
    fn a_client_is_one_row_wherever_it_asks_from() {
        let again = b"CVR 5 0x040c winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS User@Example.com";
        let rows = table(&[
            observation(1, 4, REQUEST, REPLY),
            observation(2, 7, b"", REPLY),
            observation(3, 9, again, REPLY),
            observation(3, 9, again, REPLY),
        ]);
        assert_eq!(rows.len(), 2);
        let row = &rows[0];
        assert_eq!((row.identity.as_str(), row.has_passport), ("user@example.com", true));
        assert_eq!((row.exchanges, row.connections, row.ips, row.versions), (3, 2, 2, 1));
        assert_eq!((row.first_seen, row.last_seen), (time(4), time(9)));
        assert_eq!((row.locale.as_slice(), row.os.as_slice()), (&b"fr-FR"[..], &b"winnt 5.1"[..]));
        assert_eq!((row.arch.as_slice(), row.msnp.as_slice()), (&b"i386"[..], &b"MSNP8"[..]));
        let unknown = &rows[1];
        assert_eq!((unknown.identity.as_str(), unknown.has_passport), ("192.0.2.2", false));
        assert_eq!((unknown.versions, unknown.path.len(), unknown.upgraded, unknown.reached_rec), (0, 0, None, None));
    }

    #[test]
    fn what_was_known_is_not_forgotten_for_what_is_not() {
        let without_arch = b"CVR 2 0x0409 mac 8.0.0 macfire 1.0 msms user@example.com";
        let rows = table(&[observation(1, 1, REQUEST, REPLY), observation(1, 2, without_arch, REPLY)]);
        assert_eq!((rows[0].os.as_slice(), rows[0].arch.as_slice()), (&b"mac 8.0.0"[..], &b"i386"[..]));
    }

    #[test]
    fn rows_come_in_the_order_of_first_appearance() {
        let rows =
            table(&[observation(1, 5, b"", REPLY), observation(2, 3, b"", REPLY), observation(1, 9, b"", REPLY)]);
        // The exchange of a lone reply begins with it, a second after its request would have.
        assert_eq!(rows.iter().map(|row| row.first_seen).collect::<Vec<_>>(), [time(4), time(6)]);
    }

    #[test]
    fn a_path_holds_each_change_once() {
        assert_eq!(path(&["6.0.0602", "6.0.0602", "6.1.0211", "6.1.0211"]), "6.0.0602 6.1.0211");
        let row = row(&["6.0.0602", "6.1.0211", "6.0.0602"]);
        assert_eq!((row.path.len(), row.versions, row.path_cut), (3, 2, false));
        assert_eq!((row.first_ver.as_slice(), row.last_ver.as_slice()), (&b"6.0.0602"[..], &b"6.0.0602"[..]));
    }

    #[test]
    fn a_long_path_is_cut_and_the_last_version_still_told() {
        let versions: Vec<_> = (0..40).map(|number| format!("6.0.{number}")).collect();
        let versions: Vec<_> = versions.iter().map(String::as_str).collect();
        let whole = row(&versions[..PATH_LEN_MAX]);
        assert_eq!((whole.path.len(), whole.path_cut), (PATH_LEN_MAX, false));
        let cut = row(&versions);
        assert_eq!((cut.path.len(), cut.path_cut, cut.versions), (PATH_LEN_MAX, true, 40));
        assert_eq!(cut.last_ver, b"6.0.39");
    }

    #[test]
    fn upgraded_means_above_the_first_by_number() {
        let upgraded = |versions: &[&str]| row(versions).upgraded;
        assert_eq!(upgraded(&["4.9", "4.10"]), Some(true));
        assert_eq!(upgraded(&["6.1.0211", "6.0.0602"]), Some(false));
        assert_eq!(upgraded(&["6.0.0602", "7.0.0777", "6.0.0602"]), Some(false));
        assert_eq!(upgraded(&["6.0.0602"]), Some(false));
        assert_eq!(upgraded(&["6.0.0602", "alpha1"]), None);
    }

    #[test]
    fn reached_means_seen_later_with_a_version_that_it_was_told_to_take() {
        let reached = |versions: &[&str]| row(versions).reached_rec;
        assert_eq!(reached(&["6.0.0602 -> 6.1.0211", "6.1.0211"]), Some(true));
        assert_eq!(reached(&["8.5.1302 -> 14.0.8117", "14.0.8117.0416"]), Some(true), "equal as far as both go");
        assert_eq!(reached(&["6.0.0602 -> 6.1.0211", "7.0.0777"]), Some(false));
        assert_eq!(reached(&["6.1.0211", "6.0.0602 -> 6.1.0211"]), Some(false), "seen before, not later");
        assert_eq!(reached(&["6.0.0602 -> 6.1.0211", "6.1.0211", "6.0.0602"]), Some(true));
        assert_eq!(reached(&["6.0.0602 -> 6.0.0602", "6.0.0602"]), None, "told to stay");
        assert_eq!(reached(&["6.0.0602", "6.1.0211"]), None, "told nothing");
    }

    #[test]
    fn of_much_advice_the_latest_is_kept() {
        let mut told: Vec<_> = (0..=ADVICE_MAX).map(|number| format!("6.0.0602 -> 7.0.{number}")).collect();
        let reached = |told: &[String]| row(&told.iter().map(String::as_str).collect::<Vec<_>>()).reached_rec;
        told.push("7.0.1".into());
        assert_eq!(reached(&told), Some(true));
        told.pop();
        told.push("7.0.0".into());
        assert_eq!(reached(&told), Some(false));
    }

    /// The same by a set for every cell.
    #[derive(Default)]
    struct Model {
        exchanges: u64,
        connections: BTreeSet<crate::msnp::SessionId>,
        ips: BTreeSet<IpAddr>,
        versions: Vec<Vec<u8>>,
        times: BTreeSet<Timestamp>,
        has_passport: bool,
    }

    fn naive(observations: &[Observation]) -> BTreeMap<u64, Model> {
        let mut models = BTreeMap::<u64, Model>::new();
        for observation in observations {
            let model = models.entry(observation.identity.id).or_default();
            let exchange = &observation.exchange;
            model.exchanges += 1;
            model.connections.insert(exchange.session);
            model.ips.insert(exchange.peers.client.addr);
            model.times.insert(exchange.time());
            let request = exchange.request.as_ref();
            model.versions.extend(request.and_then(|request| request.client_ver()).map(<[u8]>::to_vec));
            model.has_passport |= request.is_some_and(|request| request.account().is_some());
        }
        models
    }

    proptest! {
        #[test]
        fn the_lean_rows_equal_the_naive_ones(observations in prop::collection::vec(any_observation(), 0..60)) {
            let rows = table(&observations);
            let mut models = naive(&observations);
            prop_assert_eq!(rows.len(), models.len());
            prop_assert!(rows.is_sorted_by_key(|row| (row.first_seen, row.id)));
            for row in rows {
                let mut model = models.remove(&row.id).unwrap();
                let distinct: BTreeSet<_> = model.versions.iter().collect();
                prop_assert_eq!(
                    [row.exchanges, row.connections, row.ips, row.versions],
                    [model.exchanges, model.connections.len() as u64, model.ips.len() as u64, distinct.len() as u64]
                );
                prop_assert_eq!(Some(row.first_seen), model.times.first().copied());
                prop_assert_eq!(Some(row.last_seen), model.times.last().copied());
                prop_assert_eq!(row.has_passport, model.has_passport);
                prop_assert_eq!(Some(row.first_ver).filter(|text| !text.is_empty()), model.versions.first().cloned());
                prop_assert_eq!(Some(row.last_ver).filter(|text| !text.is_empty()), model.versions.last().cloned());
                model.versions.dedup();
                prop_assert_eq!(row.path_cut, model.versions.len() > PATH_LEN_MAX);
                model.versions.truncate(PATH_LEN_MAX);
                prop_assert_eq!(row.path, model.versions);
            }
        }

        #[test]
        fn clients_and_exchanges_are_those_of_the_population(observations in prop::collection::vec(any_observation(), 1..60)) {
            let rows = table(&observations);
            let mut population = crate::census::Population::default();
            for observation in &observations {
                population.push(observation);
            }
            let total = population.rows().remove(0);
            prop_assert_eq!(rows.len() as u64, total.clients);
            prop_assert_eq!(rows.iter().map(|row| row.exchanges).sum::<u64>(), total.exchanges);
        }

        #[test]
        fn who_there_is_no_room_for_has_no_row_and_it_is_told(
            observations in prop::collection::vec(any_observation(), 0..60),
            entities in 0_usize..8,
            values in 1_usize..20,
        ) {
            let exact = table(&observations);
            let mut clients = Clients::within(Room { entities, values });
            for observation in &observations {
                clients.push(observation);
            }
            let rows: Vec<_> = clients.rows().collect();
            prop_assert!(clients.is_full() || rows == exact);
            prop_assert!(rows.len() <= entities && clients.texts.len() <= values);
            for row in rows {
                let whole = exact.iter().find(|whole| whole.id == row.id).unwrap();
                prop_assert_eq!(row.exchanges, whole.exchanges);
                prop_assert!(row.ips <= whole.ips && row.connections <= whole.connections);
                prop_assert!(row.versions <= whole.versions);
            }
        }
    }
}

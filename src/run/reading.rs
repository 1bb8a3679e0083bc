//! What is known of one input when its reading is over: how it ended, and its row of the `inputs` table.

use std::path::Path;

use crate::capture::{CaptureError, CaptureErrorKind, Facts, Format, Input, Skip};
use crate::packet::Timestamp;
use crate::report::{InputRow, InputStatus};
use crate::stats::Stats;
use crate::text::{counted, hex};

/// One input, read or not.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) name: String,
    pub(super) facts: Option<Facts>,
    /// `None` if it was read to its end.
    pub(super) ending: Option<Ending>,
    /// The earliest and the latest packet.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Why the filter has no meaning for some of its packets.
    pub(super) filter_error: Option<String>,
}

/// Why an input was not read, or not to its end.
pub(super) enum Ending {
    Failed(CaptureError),
    Skipped(Skip),
    Interrupted,
    /// The run was over before its turn came.
    NotReached,
    /// What was read was as much as was asked for.
    Enough,
    /// It has not ended yet.
    GoesOn,
}

impl Reading {
    /// A reading of `input` that has not begun.
    pub(super) fn of(input: &Input) -> Self {
        let path = match input {
            Input::Ready(source) => source.name(),
            Input::Skipped { path, .. } => path,
            Input::Failed(error) => Path::new(&error.path),
        };
        Self::called(path)
    }

    /// A reading of what has that name.
    pub(super) fn called(path: &Path) -> Self {
        Self { name: path.to_string_lossy().into_owned(), ..Self::default() }
    }

    /// Leaves out what is quoted of the input.
    pub(super) fn hide_bytes(&mut self) {
        if let Some(Ending::Failed(CaptureError { kind, .. }) | Ending::Skipped(Skip::NotACapture(kind))) =
            &mut self.ending
        {
            kind.hide_bytes();
        }
    }

    /// The same, over.
    pub(super) fn ended(self, ending: Ending) -> Self {
        Self { ending: Some(ending), ..self }
    }

    #[inline]
    pub(super) fn note_time(&mut self, time: Timestamp) {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }

    /// Whether it could not be read, or not to its end, although nobody stopped it.
    pub(super) const fn is_damaged(&self) -> bool {
        matches!(self.ending, Some(Ending::Failed(_)))
    }

    /// Whether packets of this input may be missing from the tables. A file that was read under another name is not.
    pub(super) fn is_doubtful(&self) -> bool {
        let lost = match &self.ending {
            None
            | Some(Ending::Skipped(Skip::Repeated { .. } | Skip::EmptyDirectory) | Ending::Enough | Ending::GoesOn) => {
                false
            }
            Some(Ending::Skipped(_) | Ending::Failed(_) | Ending::Interrupted | Ending::NotReached) => true,
        };
        lost || self.skipped().is_some()
            || self.filter_error.is_some()
            || self.facts.as_ref().is_some_and(|facts| facts.lost() > 0)
    }

    /// The first damage that was skipped, and how much there was in all.
    fn skipped(&self) -> Option<String> {
        let recovery = &self.facts.as_ref()?.recovery;
        let first = recovery.skipped.first()?;
        let more = recovery.times.saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(", and at {}", counted(more, "more place")) };
        Some(format!("{first}{more}"))
    }

    pub(super) fn status(&self) -> InputStatus {
        match &self.ending {
            None if self.skipped().is_some() => InputStatus::Damaged,
            None => InputStatus::Ok,
            Some(Ending::Enough) if self.facts.is_some() => InputStatus::Ok,
            Some(Ending::Skipped(_) | Ending::Enough) => InputStatus::Skipped,
            Some(Ending::Interrupted | Ending::NotReached) => InputStatus::Interrupted,
            Some(Ending::GoesOn) => InputStatus::Running,
            Some(Ending::Failed(error)) => match &error.kind {
                CaptureErrorKind::Cut { .. } | CaptureErrorKind::CompressedCut(_) | CaptureErrorKind::Gone => {
                    InputStatus::Cut
                }
                CaptureErrorKind::Damaged(_) => InputStatus::Damaged,
                CaptureErrorKind::Unreadable(_)
                | CaptureErrorKind::NotACapture { .. }
                | CaptureErrorKind::Unsupported(_) => InputStatus::Unreadable,
            },
        }
    }

    /// Why the input was not read whole, without its name; empty if it was.
    pub(super) fn error(&self) -> String {
        match &self.ending {
            Some(Ending::Failed(CaptureError { place: Some(place), kind, .. })) => format!("{place}: {kind}"),
            Some(Ending::Failed(error)) => error.kind.to_string(),
            Some(Ending::Skipped(reason)) => reason.to_string(),
            Some(Ending::Interrupted) => "interrupted before its end".to_owned(),
            Some(Ending::NotReached) => "not read: the run ended before its turn".to_owned(),
            Some(Ending::Enough) if self.facts.is_none() => "not read: what was before it is enough".to_owned(),
            Some(Ending::Enough) => String::new(),
            None | Some(Ending::GoesOn) => self.skipped().or_else(|| self.filter_error.clone()).unwrap_or_default(),
        }
    }

    /// The row, with the exchanges that began in the input, and without what counters say.
    pub(super) fn row(&self, exchanges: u64) -> InputRow {
        let mut row = InputRow {
            input: self.name.clone(),
            status: self.status(),
            error: self.error(),
            first_seen: self.times.map(|(first, _)| first),
            last_seen: self.times.map(|(_, last)| last),
            exchanges,
            ..InputRow::default()
        };
        if let Some(facts) = &self.facts {
            row.format = facts.format.to_string();
            row.link_types = facts.link_types.iter().map(ToString::to_string).collect::<Vec<_>>().join(";");
            row.snaplen = (facts.snap_len > 0).then_some(u64::from(facts.snap_len));
            row.bytes = facts.bytes;
            row.bytes_raw = facts.bytes_raw;
            row.compression = facts.compression.map(|compression| compression.to_string()).unwrap_or_default();
            // Who reads ahead may have come to the end of what was not to be read to it: that is chance.
            let is_whole = matches!(self.ending, None | Some(Ending::Failed(_) | Ending::GoesOn));
            row.sha256 = facts.sha256.filter(|_| is_whole).map(|hash| hex(&hash)).unwrap_or_default();
            row.kernel_received = facts.received;
            let is_live = facts.format == Format::Live;
            let known = |count: u64| (is_live || count > 0).then_some(count);
            row.kernel_dropped = known(facts.dropped());
            row.interface_dropped = known(facts.dropped_by_interface);
            row.overload_dropped = known(facts.overload);
        }
        row
    }
}

impl InputRow {
    /// Tells what the counters of its input say.
    pub(super) const fn count(&mut self, stats: &Stats) {
        let Stats { packets, streams, .. } = stats;
        self.packets = packets.packets;
        self.packets_ip = packets.segments + packets.not_tcp + packets.fragments + packets.encrypted + packets.bad_tcp;
        self.packets_tcp = packets.segments;
        self.packets_msn = streams.segments_msn;
        self.connections = streams.connections;
        self.connections_msn = streams.connections_msn;
        self.connections_midstream = streams.midstream_msn;
        self.gaps = streams.gaps_msn;
        self.gap_bytes = streams.gap_bytes_msn;
        self.fragments = packets.fragments;
        self.packets_cut = packets.cut;
        self.checksum_bad = streams.checksum_bad;
        self.duplicates = streams.duplicates;
    }
}

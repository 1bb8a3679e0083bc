//! One who asks for metrics: heard, answered, seen off.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::answer::answer;
use crate::limits::HEAD_LEN_MAX;
use crate::report::Exposition;

/// A connection, and how far it has come.
pub(super) struct Visitor {
    stream: TcpStream,
    until: Instant,
    stage: Stage,
}

enum Stage {
    /// What was said so far.
    Hearing(Vec<u8>),
    /// What is yet to be told.
    Telling(Vec<u8>),
    /// All was told. To close now, with something unheard, would take the answer away from who has not read it yet.
    Parting,
}

impl Visitor {
    pub(super) fn on(stream: TcpStream, visit_max: Duration) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, until: Instant::now() + visit_max, stage: Stage::Hearing(Vec::new()) })
    }

    /// Hears and tells as much as can be at once, and says whether the visitor stays.
    pub(super) fn attend(&mut self, tell: impl FnOnce(Exposition) -> String) -> bool {
        let waits = |error: io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
        Instant::now() < self.until && self.go_on(tell).unwrap_or_else(waits)
    }

    /// The error of a visitor that is gone ends the visit, that of one from whom nothing comes does not.
    fn go_on(&mut self, tell: impl FnOnce(Exposition) -> String) -> io::Result<bool> {
        if let Stage::Hearing(heard) = &mut self.stage {
            if !hear(&mut self.stream, heard)? {
                return Ok(false);
            }
            let Some(answer) = answer(heard, tell) else { return Ok(true) };
            self.stage = Stage::Telling(answer);
        }
        if let Stage::Telling(answer) = &mut self.stage {
            while !answer.is_empty() {
                let told = self.stream.write(answer)?;
                if told == 0 {
                    return Ok(false);
                }
                answer.drain(..told);
            }
            self.stream.shutdown(Shutdown::Write)?;
            self.stage = Stage::Parting;
        }
        // What is still said does not matter, only that it ends.
        hear(&mut self.stream, &mut Vec::new())
    }
}

/// Hears at most as much as a request may be long, and says whether it may go on.
fn hear(stream: &mut TcpStream, heard: &mut Vec<u8>) -> io::Result<bool> {
    let mut bytes = [0; HEAD_LEN_MAX];
    let room = HEAD_LEN_MAX.saturating_sub(heard.len());
    let len = stream.read(bytes.get_mut(..room).unwrap_or_default())?;
    heard.extend_from_slice(bytes.get(..len).unwrap_or_default());
    Ok(len > 0)
}

//! The child: does word by word what it is told, and tells what came of it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use pcap::{Active, Capture};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::attempts::Things;
use crate::confine::{Confinement, Needs, Sandbox};

/// A thread that was there before, and the way to have it do something.
type Old = Sender<(String, Sender<String>)>;

struct Child {
    things: Things,
    confinement: Confinement,
    needs: Needs,
    old: Option<Old>,
    capture: Option<Capture<Active>>,
}

pub(crate) fn main(words: impl Iterator<Item = String>) {
    let mut child = Child {
        things: Things::new(),
        confinement: Confinement::default(),
        needs: Needs::default(),
        old: None,
        capture: None,
    };
    for word in words {
        let told = child.do_(&word);
        println!("{word}: {told}");
        io::stdout().flush().unwrap();
    }
}

impl Child {
    fn do_(&mut self, word: &str) -> String {
        match word.split_once([':', '=']).unwrap_or((word, "")) {
            ("drop", user) => {
                self.confinement.user = (!user.is_empty()).then(|| user.parse().unwrap());
                told(self.confinement.drop_privileges())
            }
            ("writable", path) => {
                self.needs.writable.push(path.into());
                "noted".to_owned()
            }
            ("readable", path) => {
                self.needs.readable.push(path.into());
                "noted".to_owned()
            }
            ("receive-only", _) => {
                self.needs.receive_only = Some(self.things.ear.as_raw_fd());
                "noted".to_owned()
            }
            ("open-capture", interface) => {
                let capture = Capture::from_device(interface).unwrap().promisc(true).immediate_mode(true);
                let capture = capture.open().unwrap();
                self.needs.receive_only = Some(capture.as_raw_fd());
                self.needs.readable.push(format!("/sys/class/net/{interface}/statistics").into());
                self.capture = Some(capture);
                "opened".to_owned()
            }
            ("capture", _) => {
                assert_eq!(self.things.try_("hear"), "done");
                let capture = self.capture.as_mut().unwrap();
                while !capture.next_packet().unwrap().data.ends_with(b"said") {}
                assert!(capture.stats().unwrap().received > 0);
                "done".to_owned()
            }
            ("inject", _) => {
                // An Ethernet frame from nobody to nobody.
                let sent = self.capture.as_mut().unwrap().sendpacket([0; 60]);
                sent.map_or_else(|error| error.to_string(), |()| "done".to_owned())
            }
            ("off", _) => self.enter(Sandbox::Off),
            ("auto", _) => self.enter(Sandbox::Auto),
            ("strict", _) => self.enter(Sandbox::Strict),
            ("without", part) => without(part),
            ("thread", _) => {
                self.old = Some(listening_thread());
                "started".to_owned()
            }
            ("old", word) => {
                let (answer, answered) = channel();
                self.old.as_ref().unwrap().send((word.to_owned(), answer)).unwrap();
                answered.recv().unwrap()
            }
            ("new", word) => {
                let word = word.to_owned();
                thread::spawn(move || Things::new_threads_try(&word)).join().unwrap()
            }
            _ => self.things.try_(word),
        }
    }

    fn enter(&mut self, sandbox: Sandbox) -> String {
        self.confinement.sandbox = sandbox;
        told(self.confinement.enter_sandbox(&self.needs))
    }
}

fn listening_thread() -> Old {
    let (old, asked) = channel::<(String, Sender<String>)>();
    thread::spawn(move || {
        for (word, answer) in asked {
            answer.send(Things::new_threads_try(&word)).unwrap();
        }
    });
    old
}

/// Makes the kernel answer as one that does not know these calls.
fn without(part: &str) -> String {
    let call = match part {
        "landlock" => libc::SYS_landlock_create_ruleset,
        "seccomp" => libc::SYS_seccomp,
        _ => panic!("{part}: no such part"),
    };
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let processor = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(BTreeMap::from([(call, Vec::new())]), SeccompAction::Allow, unknown, processor);
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
    "made so".to_owned()
}

fn told(result: anyhow::Result<impl ToString>) -> String {
    result.map_or_else(|error| format!("error: {error:#}"), |told| told.to_string())
}

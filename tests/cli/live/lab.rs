//! Two machines with a cable between them: network namespaces and a pair of virtual interfaces. Nothing leaves them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::{self, Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, setns};

use crate::cli::{PROGRAM, signals};

/// The interface at which the program listens.
pub(in crate::cli) const HERE: &str = "here";

/// The one at the other end of the cable.
pub(in crate::cli) const THERE: &str = "there";

/// The addresses of both.
pub(in crate::cli) const ADDRESS_HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const ADDRESS_THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The namespaces, which are gone with it.
pub(in crate::cli) struct Lab {
    here: String,
    there: String,
}

impl Lab {
    /// Makes them; `None`, with a line that says so, where the machine does not allow it. Who tests a change must know
    /// that nothing was left out, so then it fails.
    pub(in crate::cli) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = format!("{}-{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let lab = Self { here: format!("census-here-{number}"), there: format!("census-there-{number}") };
        let made = Command::new("ip").args(["netns", "add", &lab.here]).output();
        let refusal = match made {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = refusal {
            assert!(std::env::var_os("CI").is_none(), "no network namespaces: {error}");
            eprintln!("NOT TESTED: live capture needs network namespaces: {}", error.trim());
            return None;
        }
        ip(&["netns", "add", &lab.there]);
        for namespace in [&lab.here, &lab.there] {
            // Nothing is to be heard but what a test says.
            inside(namespace, || fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap());
            ip(&["-n", namespace, "link", "set", "lo", "up"]);
        }
        ip(&["-n", &lab.here, "link", "add", HERE, "type", "veth", "peer", "name", THERE, "netns", &lab.there]);
        for (namespace, interface, address) in [(&lab.here, HERE, ADDRESS_HERE), (&lab.there, THERE, ADDRESS_THERE)] {
            ip(&["-n", namespace, "address", "add", &format!("{address}/24"), "dev", interface]);
            ip(&["-n", namespace, "link", "set", interface, "up"]);
        }
        Some(lab)
    }

    /// A command of the machine that listens.
    pub(in crate::cli) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.here, program]);
        command
    }

    /// The program there, once it listens.
    pub(in crate::cli) fn listening(&self, args: &[&str]) -> Child {
        let mut command = self.command(PROGRAM);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        signals::listening(command)
    }

    /// Changes the interface that is listened to.
    pub(in crate::cli) fn link(&self, args: &[&str]) {
        ip(&[&["-n", &self.here, "link"], args].concat());
    }

    /// Sends what is in a capture from the other machine, as fast as `speed` says, and waits for its end.
    pub(in crate::cli) fn replay(&self, capture: &Path, speed: &[&str]) {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.there, "tcpreplay", "-q", "-i", THERE]).args(speed).arg(capture);
        succeeded(&command.output().unwrap());
    }

    /// A server on the machine that listens: it answers each of so many clients with these lines, one for each of theirs.
    pub(in crate::cli) fn server(&self, port: u16, clients: usize, answers: &'static [&'static str]) -> JoinHandle<()> {
        let listener = inside(&self.here, move || TcpListener::bind(SocketAddrV4::new(ADDRESS_HERE, port)).unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().take(clients) {
                super::say_and_hear(stream.unwrap(), answers, super::Turn::Second);
            }
        })
    }

    /// A client on the other machine, connected.
    pub(in crate::cli) fn client(&self, port: u16) -> TcpStream {
        inside(&self.there, move || TcpStream::connect(SocketAddrV4::new(ADDRESS_HERE, port)).unwrap())
    }

    /// A connection from the machine that listens to itself.
    pub(super) fn visitor(&self, address: SocketAddr) -> TcpStream {
        inside(&self.here, move || TcpStream::connect(address).unwrap())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for namespace in [&self.here, &self.there] {
            Command::new("ip").args(["netns", "delete", namespace]).stderr(Stdio::null()).status().ok();
        }
    }
}

/// Does something in a namespace, which a thread enters for it. What is opened there stays there.
fn inside<T: Send + 'static>(namespace: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    let file = File::open(Path::new("/var/run/netns").join(namespace)).unwrap();
    let entered = move || {
        setns(file, CloneFlags::CLONE_NEWNET).unwrap();
        act()
    };
    thread::spawn(entered).join().unwrap()
}

fn ip(args: &[&str]) {
    succeeded(&Command::new("ip").args(args).output().unwrap());
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

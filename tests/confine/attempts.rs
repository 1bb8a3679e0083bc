//! What the child tries.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use nix::sys::signal;
use nix::unistd::{Pid, getppid};

/// What the client says in a login, and what the server answers.
const LOGIN: [(&str, &str); 2] = [
    ("VER 1 MSNP9 MSNP8 CVR0", "VER 1 MSNP9 MSNP8 CVR0"),
    (
        "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com",
        "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://messenger.example.com/SetupDl.exe http://messenger.example.com",
    ),
];

/// What was there before the child was confined.
pub(crate) struct Things {
    /// Hears what `mouth` says, and could answer.
    pub(crate) ear: UdpSocket,
    mouth: UdpSocket,
    listener: TcpListener,
}

impl Things {
    pub(crate) fn new() -> Self {
        let socket = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (ear, mouth) = (socket(), socket());
        ear.connect(mouth.local_addr().unwrap()).unwrap();
        mouth.connect(ear.local_addr().unwrap()).unwrap();
        Self { ear, mouth, listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// Tries what the word says, and tells how that went.
    pub(crate) fn try_(&self, word: &str) -> String {
        let tried = match word.split_once('=').unwrap_or((word, "")) {
            ("address", _) => return self.listener.local_addr().unwrap().to_string(),
            ("accept", _) => self.answer(),
            ("connect", _) => self.mouth.connect("127.0.0.1:9"),
            ("hear", _) => self.hear(),
            ("answer", _) => self.ear.send(b"answer").map(|_| ()),
            ("answer-by-copy", _) => self.ear.try_clone().and_then(|copy| copy.send(b"answer")).map(|_| ()),
            ("say-to", address) => self.mouth.send_to(b"said", address).map(|_| ()),
            (name, path) => try_anywhere(name, Path::new(path)),
        };
        told(tried)
    }

    /// The same for a thread that has none of it.
    pub(crate) fn new_threads_try(word: &str) -> String {
        let (name, path) = word.split_once('=').unwrap_or((word, ""));
        told(try_anywhere(name, Path::new(path)))
    }

    fn answer(&self) -> io::Result<()> {
        let (mut stream, _) = self.listener.accept()?;
        stream.write_all(b"counters")
    }

    fn hear(&self) -> io::Result<()> {
        self.mouth.send(b"said")?;
        let mut heard = [0; 4];
        self.ear.recv(&mut heard)?;
        assert_eq!(&heard, b"said");
        Ok(())
    }
}

fn try_anywhere(name: &str, path: &Path) -> io::Result<()> {
    match name {
        "wait" => io::stdin().read_exact(&mut [0]),
        "read" => File::open(path).map(|_| ()),
        "write" => OpenOptions::new().write(true).open(path).map(|_| ()),
        "truncate" => OpenOptions::new().read(true).custom_flags(libc::O_TRUNC).open(path).map(|_| ()),
        "create" => File::create_new(path).map(|_| ()),
        "remove" => fs::remove_file(path),
        "rename" => fs::rename(path, path.with_extension("new")),
        "make-directory" => fs::create_dir(path),
        "chmod" => fs::set_permissions(path, fs::Permissions::from_mode(0o777)),
        "table" => write_table(path),
        "socket" => UdpSocket::bind("127.0.0.1:0").map(|_| ()),
        "listen" => TcpListener::bind("127.0.0.1:0").map(|_| ()),
        "pair" => UnixStream::pair().map(|_| ()),
        "run" => Command::new("/bin/true").status().map(|_| ()),
        "signal" => Ok(signal::kill(getppid(), None)?),
        "signal-self" => Ok(signal::kill(Pid::this(), None)?),
        "login" => login(),
        "memory" => {
            assert_eq!(vec![1_u8; 64 << 20].iter().map(|byte| usize::from(*byte)).sum::<usize>(), 64 << 20);
            Ok(())
        }
        _ => panic!("{name}: no such word"),
    }
}

/// What the program does with its tables: a temporary file, synced, renamed, and the directory synced.
fn write_table(directory: &Path) -> io::Result<()> {
    for _ in 0..2 {
        let mut file = tempfile::Builder::new().prefix(".msncensus-").tempfile_in(directory)?;
        file.write_all(b"table")?;
        file.reopen()?.sync_all()?;
        file.as_file().sync_all()?;
        file.persist(directory.join("table.csv"))?;
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

/// Signs in at a server of its own, with MSN Messenger 6.0.
fn login() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:1863")?;
    let mut client = TcpStream::connect("127.0.0.1:1863")?;
    let (mut server, _) = listener.accept()?;
    for (sent, answered) in LOGIN {
        write!(client, "{sent}\r\n")?;
        server.read_exact(&mut vec![0; sent.len() + 2])?;
        write!(server, "{answered}\r\n")?;
        client.read_exact(&mut vec![0; answered.len() + 2])?;
    }
    Ok(())
}

fn told(result: io::Result<()>) -> String {
    match result {
        Ok(()) => "done".to_owned(),
        Err(error) => error.kind().to_string(),
    }
}

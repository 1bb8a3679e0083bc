//! What keys do.

use super::login::BY;

const ESCAPE: u8 = 0x1b;

/// Bytes of the longest sequence that is waited for.
const SEQUENCE_LEN_MAX: usize = 32;

/// Lines by which a page key scrolls.
const PAGE: usize = 5;

/// What a person chose to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The list that is shown: one of [`BY`].
    pub(super) by: usize,
    /// Lines of it that are scrolled out at the top.
    pub(super) scroll: usize,
    pub(super) is_paused: bool,
    pub(super) is_helping: bool,
}

/// What a key asks of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    /// To end.
    Stop,
}

/// The keys that do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Escape,
    BackTab,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    F1,
}

/// Keys that a terminal sends as an escape and these bytes (xterm's and the VT220's).
const SEQUENCES: [(&[u8], Key); 16] = [
    (b"[A", Key::Up),
    (b"[B", Key::Down),
    (b"OA", Key::Up),
    (b"OB", Key::Down),
    (b"[5~", Key::PageUp),
    (b"[6~", Key::PageDown),
    (b"[H", Key::Home),
    (b"[F", Key::End),
    (b"OH", Key::Home),
    (b"OF", Key::End),
    (b"[1~", Key::Home),
    (b"[4~", Key::End),
    (b"[7~", Key::Home),
    (b"[8~", Key::End),
    (b"[Z", Key::BackTab),
    (b"OP", Key::F1),
];

/// What was typed and is no whole key yet.
#[derive(Debug, Default)]
pub(super) struct Typed(Vec<u8>);

impl Typed {
    /// Takes what was typed since the last time, and gives the keys that do something. An escape may be the beginning of
    /// another key, the rest of which is still on its way: it is a key when nothing has followed it by the next time.
    pub(super) fn keys(&mut self, typed: &[u8]) -> Vec<Key> {
        self.0.extend_from_slice(typed);
        let mut keys = Vec::new();
        let mut rest = &self.0[..];
        while !rest.is_empty() {
            let Some((len, key)) = first_key(rest, typed.is_empty() || rest.len() > SEQUENCE_LEN_MAX) else { break };
            keys.extend(key);
            rest = rest.get(len..).unwrap_or_default();
        }
        let kept = rest.len();
        self.0.drain(..self.0.len() - kept);
        keys
    }
}

/// How many bytes the first key has, and which it is, if it does something; `None` if more of it may come, unless it is late.
fn first_key(typed: &[u8], is_late: bool) -> Option<(usize, Option<Key>)> {
    let [ESCAPE, sequence @ ..] = typed else {
        // Other letters than these do nothing, whatever their bytes.
        return typed.first().map(|byte| (1, Some(Key::Char((*byte).into())).filter(|_| byte.is_ascii())));
    };
    match sequence {
        [] if is_late => Some((1, Some(Key::Escape))),
        [] => None,
        // Parameters, then what ends the sequence (ECMA-48, section 5.4).
        [b'[' | b'O', following @ ..] => match following.iter().position(|byte| (0x40..=0x7e).contains(byte)) {
            Some(end) => {
                let sequence = sequence.get(..end + 2).unwrap_or_default();
                let known = SEQUENCES.iter().find(|(bytes, _)| *bytes == sequence);
                Some((end + 3, known.map(|(_, key)| *key)))
            }
            None if is_late => Some((typed.len(), None)),
            None => None,
        },
        // With Alt, a key does nothing.
        [_, ..] => Some((2, None)),
    }
}

impl Chosen {
    /// Does what `key` asks for, where so many lines can be scrolled out.
    pub(super) fn press(&mut self, key: Key, last: usize) -> Asked {
        // What help covers is not changed by accident; Esc closes it, and only then ends the run.
        if self.is_helping && !matches!(key, Key::Char('q')) {
            self.is_helping = false;
            return Asked::Nothing;
        }
        match key {
            Key::Char('q' | 'Q') | Key::Escape => return Asked::Stop,
            Key::Char('?' | 'h') | Key::F1 => self.is_helping = true,
            Key::Char('p' | ' ') => self.is_paused = !self.is_paused,
            Key::Char('\t') => *self = Self { by: (self.by + 1) % BY.len(), scroll: 0, ..*self },
            Key::BackTab => *self = Self { by: (self.by + BY.len() - 1) % BY.len(), scroll: 0, ..*self },
            Key::Up | Key::Char('k') => self.scroll = self.scroll.min(last).saturating_sub(1),
            Key::Down | Key::Char('j') => self.scroll = (self.scroll + 1).min(last),
            Key::PageUp => self.scroll = self.scroll.min(last).saturating_sub(PAGE),
            Key::PageDown => self.scroll = (self.scroll + PAGE).min(last),
            Key::Home | Key::Char('g') => self.scroll = 0,
            Key::End | Key::Char('G') => self.scroll = last,
            Key::Char(_) => {}
        }
        Asked::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is chosen after these keys, where six lines can be scrolled out.
    fn after(keys: &[Key]) -> Chosen {
        let mut chosen = Chosen::default();
        for key in keys {
            assert_eq!(chosen.press(*key, 6), Asked::Nothing, "{key:?}");
        }
        chosen
    }

    #[test]
    fn keys_are_read_from_bytes_whatever_their_parts() {
        let mut typed = Typed::default();
        assert_eq!(
            typed.keys(b"q\t\x1b[A\x1b[6~\x1bOB\xc3\xa9\x1bx\x1b[1;5A"),
            [Key::Char('q'), Key::Char('\t'), Key::Up, Key::PageDown, Key::Down,]
        );
        for part in [&b"\x1b"[..], b"["] {
            assert_eq!(typed.keys(part), []);
        }
        assert_eq!(typed.keys(b"B"), [Key::Down], "a slow line tears a key apart");
        assert_eq!(typed.keys(b"\x1b"), []);
        assert_eq!(typed.keys(b""), [Key::Escape]);
        assert_eq!(typed.keys(b"\x1b["), []);
        assert_eq!(typed.keys(b""), [], "what never becomes a key is dropped");
        assert_eq!(typed.keys(b"j"), [Key::Char('j')]);
    }

    #[test]
    fn what_is_no_key_is_dropped_and_stops_nothing() {
        let mut typed = Typed::default();
        for byte in 0..=u8::MAX {
            typed.keys(&[b"\x1b[".as_slice(), &[byte; 100]].concat());
            typed.keys(&[]);
            assert!(typed.0.is_empty(), "{byte}");
        }
        assert_eq!(typed.keys(b"p"), [Key::Char('p')]);
    }

    #[test]
    fn keys_that_end_the_run() {
        for key in [Key::Char('q'), Key::Escape] {
            assert_eq!(Chosen::default().press(key, 0), Asked::Stop, "{key:?}");
        }
        let mut helping = after(&[Key::Char('?')]);
        assert_eq!(helping.press(Key::Escape, 0), Asked::Nothing);
        assert_eq!(helping, Chosen::default());
        assert_eq!(after(&[Key::Char('?')]).press(Key::Char('q'), 0), Asked::Stop);
    }

    #[test]
    fn lists_are_scrolled_between_their_ends_and_changed() {
        assert_eq!(after(&[Key::Down, Key::Char('j'), Key::Up]).scroll, 1);
        assert_eq!(after(&[Key::Up, Key::Char('k'), Key::PageUp]).scroll, 0);
        assert_eq!(after(&[Key::PageDown, Key::PageDown]).scroll, 6);
        assert_eq!(after(&[Key::End, Key::Up]).scroll, 5);
        assert_eq!(after(&[Key::End, Key::Home]).scroll, 0);
        let next = after(&[Key::Down, Key::Char('\t')]);
        assert_eq!((next.by, next.scroll), (1, 0));
        assert_eq!(after(&[Key::BackTab]).by, BY.len() - 1);
        assert_eq!(after(&[Key::Char('\t'); BY.len()]).by, 0);
    }

    #[test]
    fn the_screen_is_paused_and_goes_on_and_other_keys_do_nothing() {
        assert!(after(&[Key::Char('p')]).is_paused);
        assert!(!after(&[Key::Char('p'), Key::Char(' ')]).is_paused);
        assert_eq!(after(&[Key::Char('r'), Key::Char('\u{4}'), Key::Char('\u{7f}')]), Chosen::default());
    }
}

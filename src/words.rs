//! Enumerations whose variants have a word in the tables and a meaning in the reference, said once.

/// Makes an enumeration of `Variant = "word"`: `ALL` lists the variants in order, `word` is the one in the tables, and
/// `meaning` what the documentation of the variant says.
macro_rules! words {
    ($(#[$outer:meta])+ pub enum $enum:ident { $($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+ }) => {
        $(#[$outer])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[doc = $doc])+ $name,)+ }

        impl $enum {
            /// Every one, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word in the tables.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it means, as its documentation says.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

pub(crate) use words;

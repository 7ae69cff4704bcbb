//! Declarations. A table of the language is declared once, with [`table!`] or [`kinds!`]: its keys,
//! their types, defaults and one line of meaning. From that one declaration come the reader with its
//! findings, the JSON Schema and the reference.

/// A table of the language.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// How it is written: `[program]`, `[[earn]]`, `cap`.
    pub title: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its keys, in the order of the reference.
    pub keys: Vec<Key>,
}

/// A key of a table.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What it takes; nothing for keys that are not settled yet.
    pub shape: Option<Shape>,
    /// Whether it must be there.
    pub need: Need,
    /// What it means.
    pub doc: &'static str,
}

/// Whether a key must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It must.
    Required,
    /// Without it, there is nothing.
    Optional,
    /// Without it, this TOML value holds.
    Default(&'static str),
    /// Part of the language, not settled yet. Where it stands, the named keys are not missed.
    Later(&'static [&'static str]),
}

/// What a value looks like.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A single value.
    Plain(Plain),
    /// One of these words.
    Choice(Vec<Word>),
    /// A table.
    Table(Table),
    /// A table whose other keys depend on its `kind`.
    Kinds(Kinds),
    /// A list.
    List(Box<Shape>),
    /// One, or a list.
    OneOrMany(Box<Shape>),
    /// A table whose keys are your names (what they are is said in the text).
    Named(&'static str, Box<Shape>),
    /// One value, or a table with a value for each rung.
    ByRung(Box<Shape>),
    /// Either of these.
    Either(Vec<Shape>),
}

/// A single value: how it is called, written, and checked by editors.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    /// With its article: `a duration`.
    pub wants: &'static str,
    /// As it is written: `"30 days"`.
    pub example: &'static str,
    /// JSON Schema of the value.
    pub schema: fn() -> serde_json::Value,
}

/// A word of a choice.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// As it is written.
    pub word: &'static str,
    /// What it means; nothing if it is not settled yet.
    pub doc: Option<&'static str>,
}

/// A table whose other keys depend on its `kind`.
#[derive(Debug, Clone)]
pub(crate) struct Kinds {
    /// How it is written: `[[earn]]`, `expiry`.
    pub title: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Keys that every kind takes.
    pub common: Vec<Key>,
    /// The kinds.
    pub kinds: Vec<KindWord>,
}

/// One kind.
#[derive(Debug, Clone)]
pub(crate) struct KindWord {
    /// As it is written.
    pub word: &'static str,
    /// Its own keys and what it does; nothing if it is not settled yet.
    pub table: Option<Table>,
}

impl Shape {
    /// With its article, for messages.
    pub fn wants(&self) -> String {
        match self {
            Shape::Plain(plain) => plain.wants.to_owned(),
            Shape::Choice(words) => format!("one of {}", settled(words)),
            Shape::Table(_) | Shape::Kinds(_) | Shape::Named(..) => "a table".to_owned(),
            Shape::List(of) => format!("a list, each {}", of.wants()),
            Shape::OneOrMany(of) => format!("{} or a list of them", of.wants()),
            Shape::ByRung(of) => format!("{}, or a table with one for each rung", of.wants()),
            Shape::Either(shapes) => shapes
                .iter()
                .map(Shape::wants)
                .collect::<Vec<_>>()
                .join(" or "),
        }
    }

    /// How the header of such a table is written, if it has one.
    pub fn title(&self) -> Option<&'static str> {
        match self {
            Shape::Table(Table { title, .. }) | Shape::Kinds(Kinds { title, .. }) => {
                title.starts_with('[').then_some(title)
            }
            Shape::List(of) => of.title(),
            _ => None,
        }
    }

    /// How a value is written.
    pub fn example(&self) -> String {
        match self {
            Shape::Plain(plain) => plain.example.to_owned(),
            Shape::Choice(words) => words
                .first()
                .map_or_else(String::new, |word| format!("\"{}\"", word.word)),
            Shape::Table(table) => inline(&table.keys),
            Shape::Kinds(kinds) => kinds
                .kinds
                .iter()
                .find(|kind| kind.table.is_some())
                .map_or_else(String::new, |kind| {
                    format!("{{ kind = \"{}\" }}", kind.word)
                }),
            Shape::List(of) => format!("[{}]", of.example()),
            Shape::OneOrMany(of) | Shape::ByRung(of) => of.example(),
            Shape::Named(..) => "{ … }".to_owned(),
            Shape::Either(shapes) => shapes.first().map_or_else(String::new, Shape::example),
        }
    }
}

/// An inline table with the keys that must be there; where none must, with the first.
pub(crate) fn inline(keys: &[Key]) -> String {
    let required = |key: &&Key| key.need == Need::Required;
    let first = if keys.iter().any(|key| required(&key)) {
        0
    } else {
        1
    };
    let shown = keys.iter().filter(required).chain(keys.iter().take(first));
    let parts: Vec<String> = shown
        .filter_map(|key| Some(format!("{} = {}", key.name, key.shape.as_ref()?.example())))
        .collect();
    format!("{{ {} }}", parts.join(", "))
}

/// The words that are settled, quoted.
pub(crate) fn settled(words: &[Word]) -> String {
    let words: Vec<String> = words
        .iter()
        .filter(|word| word.doc.is_some())
        .map(|word| format!("`\"{}\"`", word.word))
        .collect();
    words.join(", ")
}

/// Declares a table: the struct it is read into and its [`Table`]. Every key becomes an
/// `Option<Placed<type>>`: after a finding it is empty, and checking goes on.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $name:ident as $title:literal {
            $($(#[doc = $key_doc:literal])+ $need:ident $(($default:literal))? $key:ident: $type:ty,)*
        }
        $(later { $($(#[doc = $later_doc:literal])+ $later:ident $(instead [$($instead:ident),+])?,)+ })?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        #[allow(dead_code)]
        pub(crate) struct $name {
            /// Where the table stands.
            pub place: $crate::finding::Place,
            $($(#[doc = $key_doc])+ pub $key: Option<$crate::language::reader::Placed<$type>>,)*
        }

        impl $crate::language::reader::Rows for $name {
            fn table() -> $crate::language::table::Table {
                #[allow(unused_imports)]
                use $crate::language::{reader::Value as _, table::{Key, Need}};
                $crate::language::table::Table {
                    title: $title,
                    doc: concat!($($doc),+).trim_ascii(),
                    keys: vec![
                        $(Key {
                            name: $crate::language::table::plain_name(stringify!($key)),
                            shape: Some(<$type>::shape()),
                            need: table!(@need $need $(($default))?),
                            doc: concat!($($key_doc),+).trim_ascii(),
                        },)*
                        $($(Key {
                            name: $crate::language::table::plain_name(stringify!($later)),
                            shape: None,
                            need: Need::Later(&[$($(stringify!($instead)),+)?]),
                            doc: concat!($($later_doc),+).trim_ascii(),
                        },)+)?
                    ],
                }
            }

            fn from_row(
                row: &$crate::language::reader::Row<'_, '_>,
                reader: &mut $crate::language::reader::Reader<'_>,
            ) -> Self {
                let _ = &reader;
                $name {
                    place: row.place,
                    $($key: reader.key(
                        row,
                        $crate::language::table::plain_name(stringify!($key)),
                        table!(@need $need $(($default))?),
                        concat!($($key_doc),+).trim_ascii(),
                    ),)*
                }
            }
        }

        impl $crate::language::reader::Value for $name {
            fn shape() -> $crate::language::table::Shape {
                $crate::language::table::Shape::Table(<$name as $crate::language::reader::Rows>::table())
            }

            fn read(
                item: &$crate::language::reader::Item<'_>,
                reader: &mut $crate::language::reader::Reader<'_>,
            ) -> Option<Self> {
                let table = <$name as $crate::language::reader::Rows>::table();
                let row = reader.row(item, &table.keys, table.title)?;
                Some(<$name as $crate::language::reader::Rows>::from_row(&row, reader))
            }
        }
    };
    (@need required) => { $crate::language::table::Need::Required };
    (@need optional) => { $crate::language::table::Need::Optional };
    (@need default ($default:literal)) => { $crate::language::table::Need::Default($default) };
}

/// Declares a table whose keys depend on its `kind`: an enum with one variant a kind, each read into
/// the struct of its own [`table!`].
macro_rules! kinds {
    (
        $(#[doc = $doc:literal])+
        $name:ident as $title:literal {
            $($word:literal => $variant:ident($type:ty),)+
        }
        later [$($later:literal),* $(,)?]
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        #[allow(dead_code)]
        pub(crate) enum $name { $(#[allow(missing_docs)] $variant($type),)+ }

        impl $crate::language::reader::Value for $name {
            fn shape() -> $crate::language::table::Shape {
                use $crate::language::table::{KindWord, Kinds};
                $crate::language::table::Shape::Kinds(Kinds {
                    title: $title,
                    doc: concat!($($doc),+).trim_ascii(),
                    common: vec![],
                    kinds: vec![
                        $(KindWord {
                            word: $word,
                            table: Some(<$type as $crate::language::reader::Rows>::table()),
                        },)+
                        $(KindWord { word: $later, table: None },)*
                    ],
                })
            }

            fn read(
                item: &$crate::language::reader::Item<'_>,
                reader: &mut $crate::language::reader::Reader<'_>,
            ) -> Option<Self> {
                use $crate::language::reader::Rows;
                let words = [$($word,)+];
                let (kind, _) = reader.kind(item, $title, &words, &[$($later),*])?;
                $(if kind == $word {
                    let row = reader.kind_row(item, &<$type as Rows>::table(), &[])?;
                    return Some($name::$variant(<$type as Rows>::from_row(&row, reader)));
                })+
                None
            }
        }
    };
}

/// Declares the words of a choice and the values they stand for.
macro_rules! choice {
    ($type:ty { $($word:literal => $value:expr, $doc:literal;)+ } later [$($later:literal),* $(,)?]) => {
        impl $crate::language::reader::Value for $type {
            fn shape() -> $crate::language::table::Shape {
                use $crate::language::table::Word;
                $crate::language::table::Shape::Choice(vec![
                    $(Word { word: $word, doc: Some($doc) },)+
                    $(Word { word: $later, doc: None },)*
                ])
            }

            fn read(
                item: &$crate::language::reader::Item<'_>,
                reader: &mut $crate::language::reader::Reader<'_>,
            ) -> Option<Self> {
                let word = reader.word(item, &Self::shape())?;
                $(if word == $word { return Some($value); })+
                None
            }
        }
    };
}

pub(crate) use {choice, kinds, table};

/// A field's name without the `r#` that keywords of Rust need.
pub(crate) const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

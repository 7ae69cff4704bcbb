//! Lists, tables of your names, values by rung.

use super::reader::{Item, Placed, Reader, Value};
use super::table::Shape;
use crate::finding::Code;

/// A list, each with its place.
pub(crate) type Many<T> = Vec<Placed<T>>;

impl<T: Value> Value for Vec<Placed<T>> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(items) = item.get_ref().as_array() else {
            let shape = Self::shape();
            match Self::shape().title() {
                Some(title) => reader.wrong_type(item, "a list of tables", title),
                None => reader.wrong_type(item, "a list", &shape.example()),
            }
            return None;
        };
        Some(
            items
                .iter()
                .filter_map(|item| {
                    let place = reader.place(item.span());
                    T::read(item, reader).map(|value| Placed { value, place })
                })
                .collect(),
        )
    }
}

/// A list that is not empty, all of which could be read.
#[derive(Debug)]
pub(crate) struct Filled<T>(pub Vec<Placed<T>>);

impl<T: Value> Value for Filled<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let written = item.get_ref().as_array().map_or(0, |items| items.len());
        let all = Many::<T>::read(item, reader)?;
        if written == 0 {
            reader.wrong_value(
                item,
                "this list is empty",
                "names nothing",
                format!("write at least one, like `{}`", Self::shape().example()),
            );
        }
        (written > 0 && all.len() == written).then_some(Filled(all))
    }
}

/// One, or a list of them.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany<T>(pub Vec<Placed<T>>);

impl<T: Value> Value for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::OneOrMany(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let place = reader.place(item.span());
        match item.get_ref().as_array() {
            None => T::read(item, reader).map(|value| OneOrMany(vec![Placed { value, place }])),
            Some(items) => {
                if items.len() == 1 {
                    reader.find(
                        Code::ListOfOne,
                        place,
                        "a list of one",
                        "the brackets say nothing",
                        "leave the brackets out",
                    );
                }
                Many::<T>::read(item, reader).map(OneOrMany)
            }
        }
    }
}

/// A table whose keys are your names.
#[derive(Debug)]
pub(crate) struct Named<T>(pub Vec<(Placed<String>, Placed<T>)>);

impl<T: Value> Value for Named<T> {
    fn shape() -> Shape {
        Shape::Named("name", Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            reader.wrong_type(item, "a table", &Self::shape().example());
            return None;
        };
        let mut rows = Vec::new();
        for (name, item) in table {
            let at = reader.place(name.span());
            let place = reader.place(item.span());
            if let Some(value) = T::read(item, reader) {
                rows.push((
                    Placed {
                        value: name.get_ref().to_string(),
                        place: at,
                    },
                    Placed { value, place },
                ));
            }
        }
        rows.sort_by_key(|(name, _)| name.place);
        Some(Named(rows))
    }
}

/// One value, or one for each rung.
#[derive(Debug, Clone)]
pub(crate) struct ByRungOf<T>(pub Vec<T>);

impl<T> ByRungOf<T> {
    /// For the programme, each value made into what it keeps.
    pub fn map<U>(self, make: impl Fn(T) -> U) -> crate::program::ByRung<U> {
        crate::program::ByRung(self.0.into_iter().map(make).collect())
    }
}

impl<T: Value> Value for ByRungOf<T> {
    fn shape() -> Shape {
        Shape::ByRung(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            return T::read(item, reader).map(|value| ByRungOf(vec![value]));
        };
        if reader.names.rungs.is_empty() {
            let place = reader.place(item.span());
            reader.find(
                Code::UnknownId,
                place,
                "a value by rung, but there are no rungs",
                "this programme has no `[tiers]` with rungs",
                "write one value for all, or declare `[tiers]`",
            );
            return None;
        }
        let mut values: Vec<Option<T>> = reader.names.rungs.iter().map(|_| None).collect();
        let mut named = vec![false; values.len()];
        let mut sound = true;
        for (name, item) in table {
            let place = reader.place(name.span());
            let rung = reader.index(
                place,
                name.get_ref(),
                "rung",
                |names| &names.rungs,
                Code::UnknownId,
            );
            let value = T::read(item, reader);
            match rung {
                Some(rung) => {
                    named[rung] = true;
                    values[rung] = value;
                }
                None => sound = false,
            }
        }
        let missing: Vec<&String> = reader
            .names
            .rungs
            .iter()
            .zip(&named)
            .filter(|(_, named)| !**named)
            .map(|(rung, _)| rung)
            .collect();
        if sound && !missing.is_empty() {
            let missing = super::reader::list(&missing);
            let place = reader.place(item.span());
            reader.find(
                Code::RungsMissing,
                place,
                format!("no value for {missing}"),
                "a value by rung names every rung",
                format!("add a value for {missing}"),
            );
            return None;
        }
        let all: Option<Vec<T>> = values.into_iter().collect();
        all.filter(|all| sound && !all.is_empty()).map(ByRungOf)
    }
}

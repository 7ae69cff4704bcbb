//! Which uploads the runs so far have taken in.

use super::receipt;
use crate::lake::manifest::{Manifest, ObjectEntry};
use std::collections::BTreeSet;

/// The objects of all manifests.
#[derive(Debug)]
pub struct Seen<'m> {
    names: BTreeSet<&'m str>,
    objects: BTreeSet<(&'m str, &'m str)>,
    receipts: BTreeSet<String>,
}

impl<'m> Seen<'m> {
    /// Of these runs.
    pub fn of(manifests: &'m [Manifest]) -> Seen<'m> {
        let all = || {
            let runs = manifests.iter();
            runs.flat_map(|run| run.objects.iter().map(move |object| (run, object)))
        };
        let receipt = |(run, object): (&Manifest, &ObjectEntry)| {
            receipt::file(&run.names, &object.name, &object.digest)
        };
        Seen {
            names: all().map(|(_, object)| object.name.as_str()).collect(),
            objects: all()
                .map(|(_, object)| (object.name.as_str(), object.digest.as_str()))
                .collect(),
            receipts: all().map(receipt).collect(),
        }
    }

    /// Whether an object of this name was taken in, whatever was in it.
    pub fn name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether these bytes were taken in under this name.
    pub fn object(&self, name: &str, digest: &str) -> bool {
        self.objects.contains(&(name, digest))
    }

    /// Whether what a receipt stands for was taken in, by the receipt's file.
    pub fn receipt(&self, file: &str) -> bool {
        self.receipts.contains(file)
    }
}

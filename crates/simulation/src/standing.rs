//! What stands in a store or in objects, for those who compare it.

use rungs_engine::fold::Win;
use rungs_engine::program::Program;
use rungs_pipeline::lake::decisions::read_decisions;
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::objects::Objects;
use rungs_pipeline::trouble::Trouble;
use std::collections::BTreeMap;
use std::io::Error;
use std::path::Path;

/// The wins that the draws of a store decided, by account, of surprises that the programme has.
pub fn wins(program: &Program, store: &Path) -> Result<BTreeMap<String, Vec<Win>>, Trouble> {
    let store = Store::open(store)?;
    let mut decisions = read_decisions(&store, &store.manifests()?)?;
    decisions.sort();
    let mut all: BTreeMap<String, Vec<Win>> = BTreeMap::new();
    for decision in decisions.into_iter().filter(|decision| decision.won) {
        let mut surprises = program.surprises.iter();
        if let Some(surprise) = surprises.position(|known| known.id == decision.surprise) {
            all.entry(decision.account).or_default().push(Win {
                surprise,
                at: decision.at,
                day: program.zone.day(decision.at),
                member: decision.member,
            });
        }
    }
    Ok(all)
}

/// Copies the objects whose keys begin with a prefix into a folder, under what follows the prefix.
pub fn bring(objects: &dyn Objects, prefix: &str, folder: &Path) -> Result<(), Error> {
    for key in objects
        .list(prefix)
        .map_err(|error| Error::other(error.cause))?
    {
        let path = folder.join(key.strip_prefix(prefix).unwrap_or(&key));
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let copied = objects.fetch(&key, &path);
        copied.map_err(|error| Error::other(error.cause))?;
    }
    Ok(())
}

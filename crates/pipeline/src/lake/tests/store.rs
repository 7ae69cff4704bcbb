//! The folder of a store: staging, locking, what a killed run leaves.

use super::{first, history, settle, store};
use crate::lake::fixture::{lines, order, program, record, visit};
use crate::lake::layout::Layout;
use crate::lake::staging::Staging;
use crate::lake::store::Store;
use rungs_engine::event::Batch;

#[test]
fn objects_share_writers_and_a_refused_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 3);
    let layout = Layout::of(&program);
    let staging = Staging::new(&store, &layout, 1);
    for object in 0..20_u32 {
        let id = object.to_string();
        let rows = [
            order(&format!("m{object}"), 1, &id, 1),
            visit("all", 2, &id),
        ];
        staging
            .with(|writer| writer.add(object, &record(&program, &rows)))
            .unwrap();
    }
    staging.discard(7);
    let staged = staging.finish().unwrap();
    assert_eq!(
        std::fs::read_dir(store.path("staged/00001"))
            .unwrap()
            .count(),
        1
    );
    let batches: Vec<Batch> = (0..3)
        .flat_map(|shard| staged.read(&store, shard, &layout).unwrap())
        .collect();
    let found = lines(&program, &batches);
    assert_eq!(found.len(), 38);
    assert!(!found.iter().any(|line| line.contains(" 7/")), "{found:?}");
}

#[test]
fn leftovers_of_a_killed_run_do_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    settle(&store, &program, &[&[order("a", 1, "1", 10)]], first(100));
    let leftover = store.path("history/00002/000.parquet");
    std::fs::create_dir_all(leftover.parent().unwrap()).unwrap();
    std::fs::write(&leftover, "half a file").unwrap();
    std::fs::write(store.path("runs/00002.draft"), "{").unwrap();
    assert_eq!(history(&store, &program).len(), 1);
    assert_eq!(store.last_run().unwrap(), 1);
    store.clean(&store.lock().unwrap()).unwrap();
    assert!(!leftover.exists());
    assert!(store.path("history/00001/000.parquet").exists());
}

#[test]
fn a_store_is_held_by_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, 1);
    let held = store.lock().unwrap();
    let refused = store.lock().unwrap_err();
    assert_eq!(refused.code, crate::lake::error::LakeCode::Locked);
    drop(held);
    store.lock().unwrap();
}

#[test]
fn a_store_belongs_to_one_programme() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder, 4);
    let refused = Store::open_or_create(folder.path(), "other", 4).unwrap_err();
    assert_eq!(refused.code, crate::lake::error::LakeCode::OtherProgram);
    assert_eq!(
        Store::open_or_create(folder.path(), "test", 9)
            .unwrap()
            .shards(),
        4
    );
}

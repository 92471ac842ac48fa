//! The store as the pipeline uses it: through its public methods, in memory or in a folder of its own.

use tollwatch::store::Store;

#[test]
fn a_new_database_is_empty_and_needs_no_waking() {
    let store = Store::in_memory().unwrap();
    assert_eq!(store.next_wake(now()).unwrap(), None);
    assert_eq!(store.status().unwrap().feeds, 0);
}

//! Everything that an engine does, with each commit of its ledger failing once.

use audiencekit::ErrorKind;

use super::every_await::{Failure, hesitant_engine};
use super::scene::{Scene, Task};

#[tokio::test]
async fn whatever_commit_fails_the_ledger_holds_what_facebook_has_when_it_is_done_again() {
    for task in Task::ALL {
        for writes in [false, true] {
            let mut commit = 0;
            loop {
                let what = format!("{task:?}, commit {commit} failing, written all the same: {writes}");
                let scene = Scene::populated().await;
                let engine = hesitant_engine(&scene, task, Some(Failure { commit, writes }));
                let done = task.perform(&scene, &engine).await;
                if let Err(error) = &done {
                    assert!(
                        [ErrorKind::Busy, ErrorKind::Unavailable].contains(&error.kind()),
                        "{what}: {error}"
                    );
                }
                drop(engine);
                scene.later();
                let mut again = task.perform(&scene, &scene.engine(&task.source())).await;
                if again.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy) {
                    // Facebook takes the next replacement when it is through with the one that was left open.
                    scene.later();
                    again = task.perform(&scene, &scene.engine(&task.source())).await;
                    scene.later();
                }
                assert!(again.is_ok(), "{what}: {again:?}");
                scene.assert_done(task, &what).await;
                if done.is_ok() {
                    break;
                }
                commit += 1;
            }
            assert!(commit > 3, "{task:?}: {commit}");
        }
    }
}

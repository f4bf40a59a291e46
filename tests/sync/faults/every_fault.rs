//! Every fault of the fake, at every call of everything that an engine does.

use std::time::Duration;

use audiencekit::facebook::fake::{Fault, FaultRule};
use audiencekit::{ErrorKind, SyncMode};

use super::scene::{Scene, Task};

pub(crate) fn faults() -> Vec<Fault> {
    let error = |code, subcode, is_transient| Fault::Error { code, subcode, is_transient };
    vec![
        Fault::DropBefore,
        Fault::DropReply,
        Fault::Duplicate,
        Fault::Late,
        Fault::Delay(Duration::from_secs(30)),
        Fault::Slow { chunk: 16, pause: Duration::from_secs(3) },
        Fault::Truncate(0),
        Fault::Truncate(9),
        Fault::Reset,
        Fault::Html(500),
        Fault::Html(414),
        Fault::TooManyRequests,
        error(1, None, None),
        error(2, None, Some(true)),
        error(17, Some(2_446_079), None),
        error(100, None, Some(false)),
        error(190, Some(463), None),
        error(200, Some(1_870_090), None),
        error(368, None, None),
        error(613, Some(1_487_742), None),
        error(2650, Some(1_870_145), None),
        error(80_003, Some(2_446_079), None),
        Fault::Body { status: 200, body: "{}".into() },
        Fault::Body { status: 200, body: "null".into() },
        Fault::Body { status: 502, body: String::new() },
    ]
}

/// Calls of a task that nothing goes wrong with.
async fn calls_of(task: Task) -> u64 {
    let scene = Scene::populated().await;
    let before = scene.facebook.fake().calls().len();
    task.perform(&scene, &scene.engine(&task.source())).await.unwrap();
    scene.assert_done(task, "without a fault").await;
    (scene.facebook.fake().calls().len() - before) as u64
}

/// The error by which Facebook refuses a call for its rows.
fn refuses_rows(fault: &Fault) -> bool {
    matches!(fault, Fault::Error { code: 100, .. })
}

/// Strikes the `nth` call and as many after it, and says whether the task got through all the same.
async fn strike(task: Task, fault: &Fault, nth: u64, often: u64) -> bool {
    let what = format!("{task:?}: {fault:?} at call {nth}, {often} times");
    let scene = Scene::populated().await;
    let (fake, engine) = (scene.facebook.fake(), scene.engine(&task.source()));
    for again in 0..often {
        fake.inject(FaultRule::new(fault.clone()).nth(nth + again));
    }
    let first = task.perform(&scene, &engine).await;
    if let Err(error) = &first {
        assert!(!matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Guard), "{what}: {error}");
        assert!(!error.to_string().contains("example"), "{what}: {error}");
    }
    let (stay, members) = (task.staying(), scene.members());
    assert!(stay.is_subset(&members), "{what}: somebody who should stay was removed");
    fake.clear_faults();
    let done_at_once = first.is_ok();
    // Within the 90 minutes a session goes on; after them Facebook ends it, and another is begun.
    let mut last = task.perform(&scene, &engine).await;
    for _ in 0..2 {
        if last.is_err() {
            scene.later();
            last = task.perform(&scene, &engine).await;
        }
    }
    assert!(last.is_ok(), "{what}: {last:?}");
    scene.later();
    // Rows that Facebook refuses one by one are refused for good where nobody is sent twice.
    if task != Task::Run(SyncMode::Snapshot) || !refuses_rows(fault) {
        scene.assert_done(task, &what).await;
    }
    done_at_once
}

#[tokio::test]
async fn every_fault_at_every_call_of_every_task_ends_in_convergence() {
    let (mut completed, mut stopped) = (0, 0);
    for task in Task::ALL {
        let calls = calls_of(task).await;
        assert!(calls >= 1, "{task:?} makes {calls} calls");
        for fault in faults() {
            for nth in 1..=calls {
                // Once, or so often that the client gives up.
                for often in [1, 20] {
                    match strike(task, &fault, nth, often).await {
                        true => completed += 1,
                        false => stopped += 1,
                    }
                }
            }
        }
    }
    assert!(completed > 300 && stopped > 300, "{completed} completed, {stopped} stopped");
}

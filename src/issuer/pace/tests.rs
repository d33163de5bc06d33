use std::sync::Arc;

use super::*;

const FOREVER: Duration = Duration::from_secs(100_000);

fn headers(left: Option<u64>, resets_in: Option<u64>, retry_after: Option<u64>) -> RateHeaders {
    let seconds = |number: Option<u64>| number.map(Duration::from_secs);
    RateHeaders { left, resets_in: seconds(resets_in), retry_after: seconds(retry_after) }
}

async fn take(pace: &Pace, priority: Priority) -> Permit<'_> {
    pace.acquire(priority, Instant::now() + FOREVER).await.expect("in time")
}

/// Starts calls that end at once, and says when each left, in milliseconds.
async fn times(pace: &Arc<Pace>, count: usize, priority: Priority) -> Vec<u128> {
    let start = Instant::now();
    let calls = (0..count).map(|_| {
        let pace = Arc::clone(pace);
        tokio::spawn(async move {
            take(&pace, priority).await.answered(&RateHeaders::default(), Outcome::Counted);
            start.elapsed().as_millis()
        })
    });
    let mut times = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        times.push(call.await.expect("it ends"));
    }
    times.sort_unstable();
    times
}

#[tokio::test(start_paused = true)]
async fn no_minute_has_more_calls_than_the_budget() {
    let pace = Arc::new(Pace::new(10));
    let times = times(&pace, 35, Priority::Foreground).await;
    for (at, time) in times.iter().enumerate().skip(10) {
        assert!(time - times[at - 10] >= 60_000, "{times:?}");
    }
    assert!(times[34] < 181_000, "and no slower than that: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_nobody_waits() {
    assert_eq!(times(&Arc::new(Pace::new(0)), 500, Priority::Background).await, [0; 500]);
}

#[tokio::test(start_paused = true)]
async fn background_leaves_a_tenth_and_gives_way() {
    let pace = Arc::new(Pace::new(20));
    let mut times = times(&pace, 18, Priority::Background).await;
    assert!(times.pop() < Some(60_000), "18 of 20");
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = Vec::new();
    for (number, priority) in [
        (1, Priority::Background),
        (2, Priority::Foreground),
        (3, Priority::Foreground),
        (4, Priority::Foreground),
    ] {
        let (pace, order) = (Arc::clone(&pace), Arc::clone(&order));
        calls.push(tokio::spawn(async move {
            take(&pace, priority).await.answered(&RateHeaders::default(), Outcome::Counted);
            order.lock().expect("not poisoned").push(number);
        }));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(*order.lock().expect("not poisoned"), [2, 3], "the tenth is theirs");
    for call in calls {
        call.await.expect("it ends");
    }
    assert_eq!(*order.lock().expect("not poisoned"), [2, 3, 4, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_for_everybody_and_is_never_cut_short() {
    let pace = Arc::new(Pace::new(0));
    let [one, other] = [take(&pace, Priority::Foreground).await, {
        pace.state().window = Some(Window { left: None, resets: None });
        take(&pace, Priority::Foreground).await
    }];
    one.answered(&headers(None, None, Some(30)), Outcome::Refused);
    // What another call hears later does not make it shorter.
    other.answered(&headers(Some(5), Some(60), Some(2)), Outcome::Refused);
    assert!(times(&pace, 5, Priority::Foreground).await[0] >= 30_000);
    let permit = take(&pace, Priority::Foreground).await;
    permit.answered(&headers(None, None, Some(3_600)), Outcome::Refused);
    let error = pace.acquire(Priority::Foreground, Instant::now() + MINUTE).await;
    let until = error.err().expect("too long").until.expect("it is known");
    assert!(until - Instant::now() >= Duration::from_secs(3_599));
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_one_call_finds_out_for_all() {
    let pace = Arc::new(Pace::new(0));
    take(&pace, Priority::Foreground)
        .await
        .answered(&headers(None, None, Some(10)), Outcome::Refused);
    let probe = take(&pace, Priority::Foreground).await;
    let second = pace.acquire(Priority::Foreground, Instant::now() + MINUTE);
    assert!(second.await.is_err(), "the first is still on its way");
    probe.answered(&headers(Some(2), Some(60), None), Outcome::Counted);
    let both = [take(&pace, Priority::Foreground).await, take(&pace, Priority::Foreground).await];
    let third = pace.acquire(Priority::Foreground, Instant::now() + Duration::from_secs(59));
    assert!(third.await.is_err(), "the window has none left");
    drop(both);
    take(&pace, Priority::Foreground).await;
}

#[tokio::test(start_paused = true)]
async fn a_used_up_window_is_waited_for() {
    let pace = Arc::new(Pace::new(0));
    take(&pace, Priority::Foreground)
        .await
        .answered(&headers(Some(0), Some(20), None), Outcome::Counted);
    assert!(times(&pace, 1, Priority::Foreground).await[0] >= 20_000);
    // Without an end there is nothing to wait for.
    take(&pace, Priority::Foreground)
        .await
        .answered(&headers(Some(0), None, None), Outcome::Counted);
    assert_eq!(times(&pace, 3, Priority::Foreground).await, [0; 3]);
}

#[tokio::test(start_paused = true)]
async fn answers_out_of_order_allow_no_more_calls() {
    let pace = Pace::new(0);
    take(&pace, Priority::Foreground)
        .await
        .answered(&headers(Some(4), Some(60), None), Outcome::Counted);
    let [one, two] =
        [take(&pace, Priority::Foreground).await, take(&pace, Priority::Foreground).await];
    two.answered(&headers(Some(2), Some(60), None), Outcome::Counted);
    one.answered(&headers(Some(3), Some(60), None), Outcome::Counted);
    assert!(pace.room(Instant::now()).issuer_left <= Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_time_is_waited_out_longer_and_longer() {
    let pace = Pace::new(0);
    let mut permit = take(&pace, Priority::Foreground).await;
    for wait in [5, 10, 20, 40, 60, 60] {
        permit.answered(&RateHeaders::default(), Outcome::Refused);
        let start = Instant::now();
        permit = take(&pace, Priority::Foreground).await;
        assert_eq!(start.elapsed().as_secs(), wait);
    }
    permit.answered(&RateHeaders::default(), Outcome::Counted);
    take(&pace, Priority::Foreground).await.answered(&RateHeaders::default(), Outcome::Refused);
    let start = Instant::now();
    take(&pace, Priority::Foreground).await;
    assert_eq!(start.elapsed().as_secs(), 5, "an answer begins it again");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_counts_nowhere_tells_nothing_of_the_window() {
    let pace = Arc::new(Pace::new(0));
    let headers = headers(Some(0), Some(60), None);
    take(&pace, Priority::Foreground).await.answered(&headers, Outcome::Other);
    let probe = take(&pace, Priority::Foreground).await;
    assert!(pace.acquire(Priority::Foreground, Instant::now() + MINUTE).await.is_err());
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_waiting_holds_nobody_up() {
    let pace = Arc::new(Pace::new(1));
    drop(take(&pace, Priority::Foreground).await);
    let gone = pace.acquire(Priority::Foreground, Instant::now() + FOREVER);
    assert!(tokio::time::timeout(Duration::from_secs(1), gone).await.is_err());
    assert_eq!(pace.state().waiting_in_foreground, 0);
    take(&pace, Priority::Background).await;
}

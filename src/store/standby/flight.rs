//! One question for all who ask at the same time.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// A question that many ask at once. Who asks while it is being answered waits for the next
/// answer: this one may be older than the asking.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    /// How many have asked so far.
    asked: AtomicU64,
    /// The last answer, and how many had asked before the question was put.
    last: Mutex<(u64, Option<T>)>,
}

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self { asked: AtomicU64::new(0), last: Mutex::new((0, None)) }
    }
}

impl<T: Copy> Flight<T> {
    /// An answer to a question that is put after this call; none if it failed.
    pub(crate) async fn join(&self, question: impl Future<Output = Option<T>>) -> Option<T> {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut last = self.last.lock().await;
        if last.0 >= ticket {
            return last.1;
        }
        let asked = self.asked.load(Ordering::SeqCst);
        let answer = question.await;
        *last = (asked, answer);
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_never_older_than_the_asking_and_shared_by_all_who_wait() {
        let (flight, puts) = (Arc::new(Flight::default()), Arc::new(AtomicU64::new(0)));
        let answers = Arc::new(Semaphore::new(0));
        let ask = || {
            let (flight, puts) = (Arc::clone(&flight), Arc::clone(&puts));
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let question = async {
                    let put = puts.fetch_add(1, Ordering::SeqCst) + 1;
                    answers.acquire().await.ok()?.forget();
                    Some(put)
                };
                flight.join(question).await
            })
        };
        let first = ask();
        while puts.load(Ordering::SeqCst) == 0 {
            yield_now().await;
        }
        // These ask while the first question is being answered.
        let others = [ask(), ask(), ask()];
        while flight.asked.load(Ordering::SeqCst) < 4 {
            yield_now().await;
        }
        answers.add_permits(2);
        assert_eq!(first.await.expect("no panic"), Some(1));
        for other in others {
            assert_eq!(other.await.expect("no panic"), Some(2));
        }
        assert_eq!(puts.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_question_that_is_given_up_is_put_again() {
        let flight = Flight::default();
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, async {
            flight.join(std::future::pending::<Option<u8>>()).await
        });
        assert!(given_up.await.is_err());
        assert_eq!(flight.join(async { None }).await, None);
        assert_eq!(flight.join(async { Some(7) }).await, Some(7));
    }
}

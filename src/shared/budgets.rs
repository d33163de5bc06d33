//! Points of callers, counted for all replicas together.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;

use super::server::Shared;

/// Takes points out of a bucket, atomically (the generic cell rate algorithm). A bucket is one
/// number: when it will be full again, in microseconds of the server's clock. So replicas need
/// no clock in common, and a full bucket needs no memory.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local per_point, burst, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = full + points * per_point
local wait = after - burst * per_point - now
if wait > 0 then
  return {0, math.ceil(wait)}
end
local milliseconds = math.ceil((after - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', milliseconds)
return {1, math.floor((burst * per_point - (after - now)) / per_point)}
",
    )
});

/// What became of points that were to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They are taken; so many are left.
    Left(u32),
    /// There were too few, and will be enough after this time.
    Wait(Duration),
}

impl Shared {
    /// Takes points out of a bucket that holds `burst`, and gets `per_second` back each second;
    /// none while the server is away. `points` must not be more than `burst`.
    pub async fn take(
        &self,
        bucket: &str,
        points: u32,
        burst: u32,
        per_second: u32,
    ) -> Option<Taken> {
        let key = self.key("rate", bucket);
        let per_point = 1_000_000.0 / f64::from(per_second.max(1));
        let mut connection = self.connection();
        let taking = async move {
            let mut invocation = TAKE.key(key);
            invocation.arg(per_point).arg(burst).arg(points);
            invocation.invoke_async::<(u8, u64)>(&mut connection).await
        };
        Some(match self.call("budget", taking).await? {
            (1, left) => Taken::Left(u32::try_from(left).unwrap_or(u32::MAX)),
            (_, micros) => Taken::Wait(Duration::from_micros(micros)),
        })
    }
}

//! Settings on the command line.

/// The settings that the command line can contain.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--log-level`.
    pub log_level: Option<String>,
    /// `--persisted-only`.
    pub persisted_only: bool,
}

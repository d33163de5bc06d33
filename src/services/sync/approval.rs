//! Whether the issuer has approved the program.

use super::context::Context;
use crate::domain::program::ProgramStatus;
use crate::error::Result;

/// Asks the issuer for the program's status, and stores it. An issuer that does not answer
/// leaves the status as it was: the pass that follows says what is wrong.
///
/// # Errors
/// If the store fails.
pub(super) async fn read(context: Context<'_>) -> Result<()> {
    let Context { store, client, program, lease, .. } = context;
    let Ok(said) = client.status().await else { return Ok(()) };
    let Some(status) = ProgramStatus::of(said.enrolled, said.status.as_deref()) else {
        return Ok(());
    };
    if store.program_status(program.id).await?.as_ref() == Some(&status) {
        return Ok(());
    }
    let tx = store.write(program.id).await?;
    lease.check_in(&tx).await?;
    tx.put_program_status(&status).await?;
    tx.commit().await
}

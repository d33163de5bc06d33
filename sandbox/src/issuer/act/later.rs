//! What ends by itself when its time has come.

use crate::issuer::state::{Program, Transition};

impl Program {
    /// Does everything whose time has come, in its order.
    pub(crate) fn catch_up(&mut self) {
        loop {
            let due = self.later.iter().enumerate().filter(|(_, later)| later.at <= self.now);
            let Some((at, _)) = due.min_by_key(|(_, later)| later.at) else { return };
            let later = self.later.swap_remove(at);
            // It may have ended by hand meanwhile, or the customer is gone.
            let _ = match later.what {
                Transition::Transfer(id) => self.complete_transfer(&id),
                Transition::Withdrawal(id) => self.settle_withdrawal(&id),
                Transition::Wallet(index) => {
                    self.deploy(index);
                    Ok(())
                }
                Transition::DailyLimit(index, minor) => {
                    self.get_mut(index).daily_limit = minor;
                    Ok(())
                }
            };
        }
    }
}

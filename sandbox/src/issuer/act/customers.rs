//! What happens to customers besides onboarding.

use crate::issuer::refusal::Refusal;
use crate::issuer::state::{Program, Stage};

impl Program {
    /// Changes the state of the identity check. Sends no event: the issuer does
    /// not either. `approved` and `rejected` also move the stage of a customer who
    /// waits for it.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_kyc(&mut self, customer: &str, status: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        let wallet_currency = self.pick_currency();
        let found = self.get_mut(index);
        status.clone_into(&mut found.kyc_status);
        found.rejection_reason = None;
        match status {
            "approved" => {
                found.currency = found.currency.or(Some(wallet_currency));
                if found.stage.step <= 3 {
                    found.stage = Stage::of("kyc_completed");
                }
            }
            "rejected" => {
                found.rejection_reason = Some("The document could not be read".to_owned());
                if found.stage.step <= 3 {
                    found.stage = Stage::of("kyc_rejected");
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a customer into any stage, also one that no page names. No event.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_stage(&mut self, customer: &str, stage: Stage) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.get_mut(index).stage = stage;
        Ok(())
    }

    /// Changes the e-mail address. No event.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_email(&mut self, customer: &str, email: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.rename(index, |customer| email.clone_into(&mut customer.email));
        Ok(())
    }

    /// Changes the program's own name. No event.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_external_id(&mut self, customer: &str, name: Option<&str>) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.rename(index, |customer| customer.external_id = name.map(str::to_owned));
        Ok(())
    }

    /// Drops a customer: lists do not have it any more, and all its names answer
    /// 404. No event.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn vanish(&mut self, customer: &str) -> Result<(), Refusal> {
        let index = self.require(customer)?;
        self.delist(index);
        Ok(())
    }

    /// Brings a customer back that was dropped, by its `yativo_card_id`. No event.
    ///
    /// # Errors
    /// If no customer with this name was dropped.
    pub fn reappear(&mut self, yativo_card_id: &str) -> Result<(), Refusal> {
        let gone = |index: &usize| {
            let customer = &self.customers[*index];
            customer.gone && customer.yativo_card_id == yativo_card_id
        };
        let at = (0..self.customers.len()).find(gone).ok_or(Refusal::no_customer())?;
        self.relist(u32::try_from(at).unwrap_or(u32::MAX));
        Ok(())
    }
}

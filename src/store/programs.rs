//! Programs: for the operator's commands, never for requests.

use card_gateway_entity::program::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, NotSet, QueryFilter as _,
};
use sea_orm::{QueryOrder as _, Set, SqlErr};

use super::database::Store;
use super::sql;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its number.
    pub id: ProgramId,
    /// `[a-z0-9-]`, unique.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Program {
    fn from_row(row: Model) -> Result<Self> {
        Ok(Self { id: ProgramId(row.id), name: row.name, created_at: sql::time(row.created_at)? })
    }
}

impl Store {
    /// Creates a program.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if the name is taken.
    pub async fn create_program(&self, name: &str, now: Timestamp) -> Result<Program> {
        let row = ActiveModel {
            id: NotSet,
            name: Set(name.to_owned()),
            created_at: Set(now.millis()),
            changes_removed_to: Set(0),
        };
        let write = self.begin("").await?;
        match row.insert(&write).await {
            Ok(row) => {
                write.commit().await?;
                Program::from_row(row)
            }
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                Err(Error::new(Kind::Conflict, format!("the program {name} exists already")))
            }
            Err(error) => Err(sql::failed(error)),
        }
    }

    /// The program with this name.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn program_named(&self, name: &str) -> Result<Option<Program>> {
        let row = Entity::find().filter(Column::Name.eq(name)).one(&self.db).await;
        row.map_err(sql::failed)?.map(Program::from_row).transpose()
    }

    /// Every program, by name.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn programs(&self) -> Result<Vec<Program>> {
        let rows = Entity::find().order_by_asc(Column::Name).all(&self.db).await;
        rows.map_err(sql::failed)?.into_iter().map(Program::from_row).collect()
    }
}

//! Which gateway it is that sends traces and metrics.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use uuid::Uuid;

/// The service, its version, and this process. `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES` add to it, and go first.
pub(super) static RESOURCE: LazyLock<Resource> = LazyLock::new(|| {
    let own = Resource::builder_empty()
        .with_service_name("card-gateway")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", Uuid::now_v7().to_string()))
        .build();
    let said = Resource::builder().build();
    let said = said.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    // Where nothing says a name, the library calls it unknown.
    let said = said.filter(|of| !of.value.as_str().starts_with("unknown_service"));
    let all = own.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Resource::builder_empty().with_attributes(all.chain(said)).build()
});

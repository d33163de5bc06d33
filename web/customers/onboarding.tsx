// What a customer has done, and what comes next.

import { Fact, Time } from "./parts.tsx";
import type { Customer } from "./types.ts";
import { named, stageName } from "./words.ts";

const STEPS: Record<string, string> = {
  EMAIL_VERIFICATION: "E-mail address verified",
  IDENTITY_CHECK: "Identity check passed",
  SOURCE_OF_FUNDS: "Questions about the source of funds answered",
  WALLET: "Wallet set up",
  CARD: "Card created",
};

export function Onboarding({ customer }: { customer: Customer }) {
  const done = new Set(customer.onboarding.completedSteps);
  return (
    <section aria-labelledby="onboarding">
      <h3 id="onboarding">What comes next</h3>
      <p class="next">{customer.nextAction}</p>
      <dl class="facts">
        <Fact name="Stage">{stageName(customer.flowStatus)} (step {customer.step} of 6)</Fact>
        <Fact name="Status at the issuer"><code>{customer.issuerFlowStatus}</code></Fact>
        <Fact name="Identity check">{customer.kycStatus ? named(customer.kycStatus) : "unknown"}</Fact>
        <Fact name="Customer since"><Time at={customer.createdAt} /></Fact>
      </dl>
      <ol class="steps">
        {Object.entries(STEPS).map(([step, name]) => (
          <li key={step} class={done.has(step) ? "done" : undefined}>
            <span aria-hidden="true">{done.has(step) ? "✓" : "○"}</span> {name}
            <span class="hidden">{done.has(step) ? ": done" : ": not done"}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

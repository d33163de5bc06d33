// The parts of the API's answers that the page shows. Amounts are texts: "38.50".

export interface Row {
  id: string;
  email: string;
  externalCustomerId: string | null;
  flowStatus: string;
  step: number;
  nextAction: string;
  safeDeployed: boolean;
  currency: string | null;
  availableBalance: string | null;
  createdAt: string;
}

export interface PageInfo {
  page: number;
  perPage: number;
  totalPages: number;
  hasNextPage: boolean;
}

export interface Page<T> {
  totalCount: number;
  pageInfo: PageInfo;
  nodes: T[];
}

export interface Card {
  cardId: string;
  lastFour: string;
  cardType: string;
  status: string;
  pinSet: boolean | null;
  createdAt: string;
}

export interface Customer extends Row {
  yativoCardId: string;
  issuerFlowStatus: string;
  kycStatus: string | null;
  walletAddress: string | null;
  ledgerBalance: string | null;
  pendingBalance: string | null;
  balanceFreshness: "REALTIME" | "ON_CHAIN" | null;
  balanceUpdatedAt: string | null;
  onboarding: { completedSteps: string[] };
  cards: Card[];
}

export interface Transaction {
  transactionId: string;
  cardId: string | null;
  type: string;
  status: string;
  amount: string;
  currency: string;
  billingAmount: string | null;
  billingCurrency: string | null;
  merchant: string | null;
  merchantCity: string | null;
  merchantCountry: string | null;
  createdAt: string;
}

// SPDX-License-Identifier: MIT
import type { EventData } from '@nftoggle/contracts';

export type WakeEventType = 'wake_started' | 'wake_ready' | 'wake_failed';

/** Publishes an event; never fails and never waits. */
export type Publish = <T extends WakeEventType>(type: T, data: EventData<T>) => void;

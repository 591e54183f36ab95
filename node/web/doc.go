// Package web serves the public page of a device: the warnings in force for
// those who have nothing installed, on a local Wi-Fi or LAN. The noun is
// [Server].
//
// The page is read-only and knows no secrets: neither the device's places nor
// its neighbours stand on it. It needs no script, no cookie and nothing from
// elsewhere, and works in browsers ten years old. It cannot be trusted as an own
// device can, because whoever runs the box may write anything; it says so.
//
// Clients are anybody. What they can cost is bounded: pages are made at most
// once in a while, whoever asks, and are then bytes in memory; connections,
// requests and downloads are counted per address and altogether.
package web

package main

// alertFrames are the texts of the QR codes by which a device takes an alert
// along and checks it itself.
var alertFrames func(envelope []byte) ([]string, error)

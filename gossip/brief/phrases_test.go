package brief

// phrases are what warnings say beside the templates' words. They go into the
// primer: see TestPrimer.
const phrases = `Warnung vor Hochwasser. Warnung vor Sturmflut. Warnung vor Starkregen. Warnung vor Orkan. Warnung vor Glatteis. Warnung vor Hitze.
Warnung vor Waldbrand. Warnung vor Lawinen. Warnung vor Erdbeben. Warnung vor Erdrutsch. Warnung vor Dammbruch. Warnung vor Schneeverwehungen.
Gefahr für Leib und Leben. Es besteht Lebensgefahr. Akute Gefahr. Die Gefahr ist vorbei. Entwarnung. Fehlalarm. Es besteht keine Gefahr mehr.
Bleiben Sie zu Hause. Bleiben Sie im Gebäude. Halten Sie Fenster und Türen geschlossen. Meiden Sie das Gebiet. Verlassen Sie das Gebiet.
Suchen Sie sofort Schutz. Begeben Sie sich in höher gelegene Gebiete. Gehen Sie nicht in den Keller. Gehen Sie in den Keller. Gehen Sie nach oben.
Rufen Sie den Notruf 112 nur im Notfall. Der Notruf 112 ist ausgefallen. Der Notruf 110 ist gestört. Die Feuerwehr ist im Einsatz. Die Polizei ist vor Ort.
Folgen Sie den Anweisungen der Einsatzkräfte. Beachten Sie die Durchsagen. Achten Sie auf Lautsprecherdurchsagen der Feuerwehr und Polizei.
Sammelstelle: Turnhalle, Schule, Grundschule, Gymnasium, Mehrzweckhalle, Stadthalle, Bürgerhaus, Gemeindehaus, Feuerwehrhaus, Rathaus, Kirche, Sportplatz, Marktplatz, Bahnhof.
Notunterkunft in der Turnhalle der Grundschule. Trinkwasser wird am Marktplatz ausgegeben. Trinkwasser abkochen. Treffpunkt am Feuerwehrhaus. Busse fahren ab dem Bahnhof.
Die Straße ist gesperrt. Die Brücke ist gesperrt. Die Bundesstraße B 9 ist gesperrt. Die Autobahn A 61 ist gesperrt. Die Bahnstrecke ist gesperrt. Umleitung über die Landstraße L 73.
Die Talsperre läuft über. Der Deich ist gebrochen. Der Damm droht zu brechen. Der Pegel steigt weiter auf 5 Meter. Der Pegel steigt bis 18 Uhr. Pegelstand 480 cm. Scheitel um 02:00 Uhr erwartet.
Ufernahe Straßen und Keller sofort räumen. Alle Ortsteile am Fluss sind betroffen. Betroffen sind die Ortsteile nördlich und südlich, östlich und westlich der Ahr, der Elbe, des Rheins, der Donau, der Mosel.
Im Umkreis von 500 Metern, 1 km, 2 km, 5 km, 10 km. Bombenfund: Weltkriegsbombe, 250 kg. Die Entschärfung beginnt um 14 Uhr. Brand in einem Industriebetrieb. Großbrand in einer Lagerhalle.
Chlorgas, Ammoniak, Rauchgas, Kohlenmonoxid, Gasaustritt, Gasleck, Explosion, Explosionsgefahr, Chemieunfall, Gefahrgutunfall, radioaktive Stoffe, Strahlung, Kernkraftwerk, Jodtabletten.
Stromausfall bis voraussichtlich morgen. Mobilfunk und Internet sind ausgefallen. Telefon gestört. Heizung und Wasser fallen aus. Amoklage. Anschlag. Terror. Vermisst. Sirenen. Probealarm. ÜBUNG: PROBEALARM: Test
Flood warning. Storm surge. Heavy rain. Hurricane. Ice. Heat. Wildfire. Avalanche. Earthquake. Landslide. Dam failure. Tsunami. Danger to life. The danger is over. All clear. False alarm.
Stay at home. Stay indoors. Keep windows and doors closed. Avoid the area. Leave the area immediately. Seek shelter now. Move to higher ground. Call 112 in an emergency only. Follow the instructions of emergency services.
Emergency shelter at the school. Boil drinking water. The road is closed. The bridge is closed. Power outage. Within 5 km. Unexploded bomb. Gas leak. Explosion. Chemical accident. Radiation. TEST: EXERCISE:
Umkreis 5 km um 50.54, 7.11 Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Januar Februar März April Mai Juni Juli August September Oktober November Dezember
`

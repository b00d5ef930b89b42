"""Fixed lists that the demo's people are named from."""

TITLES = ("Mme", "M.", "Mlle", "M. et Mme")

# Of the ranges that the French plan keeps free for fiction; four digits follow.
PHONE_RANGE = "01 99 00"
MOBILE_RANGE = "06 39 98"

FAMILY_NAMES = (
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent",
    "Simon", "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard",
    "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent", "Müller", "Lefebvre", "Faure",
    "André", "Mercier", "Blanc", "Guérin", "Boyer", "Garnier", "Chevalier", "François", "Legrand",
    "Gauthier", "Garcia", "Perrin", "Robin", "Clément", "Morin", "Nicolas", "Henry", "Roussel",
    "Mathieu", "Gautier", "Masson", "Marchand", "Duval", "Denis", "Dumont", "Marie", "Lemaire", "Noël",
    "Meyer", "Dufour", "Meunier", "O'Brien", "Nowak", "Kowalski",
)  # fmt: skip

GIVEN_NAMES = (
    "Camille", "Louise", "Léa", "Chloé", "Manon", "Inès", "Jade", "Zoé", "Élise", "Hélène", "Lucas",
    "Hugo", "Louis", "Gabriel", "Arthur", "Jules", "Raphaël", "Paul", "Noé", "Étienne", "Anne-Marie",
    "Jean-Luc", "Małgorzata", "Zofia", "Dominique", "Claude", "Françoise", "Thérèse", "Benoît",
)  # fmt: skip

TOWNS = (
    ("75011", "Paris"), ("69003", "Lyon"), ("13006", "Marseille"), ("31000", "Toulouse"),
    ("06000", "Nice"), ("44000", "Nantes"), ("34000", "Montpellier"), ("67000", "Strasbourg"),
    ("33000", "Bordeaux"), ("59000", "Lille"), ("35000", "Rennes"), ("51100", "Reims"),
    ("42000", "Saint-Étienne"), ("83000", "Toulon"), ("38000", "Grenoble"), ("21000", "Dijon"),
    ("49000", "Angers"), ("30000", "Nîmes"), ("63000", "Clermont-Ferrand"), ("72000", "Le Mans"),
    ("13100", "Aix-en-Provence"), ("29200", "Brest"), ("37000", "Tours"), ("80000", "Amiens"),
    ("87000", "Limoges"), ("74000", "Annecy"), ("66000", "Perpignan"), ("25000", "Besançon"),
    ("57000", "Metz"),
)  # fmt: skip

STREETS = (
    "rue de la République", "avenue Victor-Hugo", "rue du Moulin", "place de l'Église", "rue des Écoles",
    "boulevard Gambetta", "allée des Tilleuls", "chemin des Vignes", "rue Pasteur", "impasse du Château",
)  # fmt: skip

CASHIERS = (
    "Agnès Lemoine", "Bruno Caron", "Céline Gaillard", "Didier Noël", "Émilie Roche", "Fabien Picard",
    "Gisèle Aubry", "Hervé Lacroix", "Irène Colin", "Joël Vasseur", "Karine Brunet", "Loïc Hamon",
)  # fmt: skip

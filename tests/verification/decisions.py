"""Four decisions from four trades, as somebody else's model would hand them over, and what people write about them."""

from __future__ import annotations

from reporter.explanation import Explanation
from reporter.words import Words


def _rows(*highest: float) -> list[list[float | str | None]]:
    """A hundred reference rows in which the k-th feature runs evenly from 0 to its highest value."""
    return [[round(top * (row + 0.5) / 100, 6) for top in highest] for row in range(100)]


def property_price() -> Explanation:
    """A house: 412,640 $, where a typical one goes for 371,000 $ and this one was sold for 398,000 $."""
    return Explanation.from_values(
        ["living_area", "distanceToCentre", "year_built", "energy_class", "number_of_rooms", "garden_size"],
        [148.0, 14.2, 2016.0, "B", 5.0, 310.0],
        [38200.0, -21500.0, 12640.0, 9300.0, 4100.0, -1100.0],
        prediction=412640.0,
        output=412640.0,
        baseline_output=371000.0,
        truth=398000.0,
        value_name="price",
        units={"living_area": "m²", "distanceToCentre": "km", "garden_size": "m²", "price": "$"},
        reference=_rows(172.0, 18.0, 2300.0, 1.0, 12.0, 900.0),
        words={"living_area": Words("living area", aliases=("floor space",), unit="m²")},
        instance="H-12",
    )


def credit_decision() -> Explanation:
    """An application: declined with 82%."""
    return Explanation.from_values(
        [
            "debt_to_income_ratio",
            "late_payments",
            "credit_history_length",
            "monthly_income",
            "loan_amount",
            "savings",
            "home_ownership",
        ],
        [0.47, 3.0, 11.0, 2150.0, 18500.0, 6400.0, "renting"],
        [1.2, 0.8, -0.6, 0.4, 0.3, -0.25, 0.1],
        prediction={"declined": 0.82, "approved": 0.18},
        class_names=["approved", "declined"],
        units={"credit_history_length": "years", "monthly_income": "$", "loan_amount": "$", "savings": "$"},
        reference=_rows(0.55, 4.0, 20.0, 9000.0, 30000.0, 20000.0, 1.0),
        instance="A-204",
    )


def machine_failure() -> Explanation:
    """A pump: failure with 71%."""
    return Explanation.from_values(
        ["vibration_rms", "bearing_temp", "runtime_hours", "oil_pressure", "ambient_humidity", "motorSpeed"],
        [7.4, 88.0, 4200.0, 2.1, 41.0, 1480.0],
        [0.9, 0.5, -0.45, 0.25, -0.1, 0.05],
        prediction={"failure": 0.71, "normal": 0.29},
        class_names=["normal", "failure"],
        units={
            "vibration_rms": "mm/s",
            "bearing_temp": "°C",
            "runtime_hours": "h",
            "oil_pressure": "bar",
            "motorSpeed": "rpm",
        },
        reference=_rows(8.0, 100.0, 9000.0, 6.0, 100.0, 3000.0),
        words={"bearing_temp": Words("bearing temperature", unit="°C")},
        instance="P-3",
    )


def patient_risk() -> Explanation:
    """A patient: high risk with 64%, moderate risk 27%, low risk 9%."""
    return Explanation.from_values(
        ["hba1c", "systolic_bp", "age", "ldl_cholesterol", "smoker", "bmi", "weekly_exercise"],
        [8.1, 158.0, 67.0, 2.1, "no", 24.3, 150.0],
        [0.7, 0.5, 0.35, -0.3, -0.25, -0.2, -0.15],
        prediction={"high risk": 0.64, "moderate risk": 0.27, "low risk": 0.09},
        class_names=["low risk", "moderate risk", "high risk"],
        units={"hba1c": "%", "systolic_bp": "mmHg", "age": "years", "weekly_exercise": "min"},
        reference=_rows(9.0, 180.0, 90.0, 6.0, 1.0, 40.0, 400.0),
        words={
            "hba1c": Words("HbA1c", aliases=("long-term sugar",), unit="%"),
            "systolic_bp": Words("systolic blood pressure", unit="mmHg"),
            "ldl_cholesterol": Words("LDL cholesterol"),
            "bmi": Words("BMI"),
        },
        instance="17",
    )


# What people write, by decision and by what should become of it.
WRITTEN: dict[str, dict[str, tuple[str, ...]]] = {
    "property_price": {
        "supported": (
            "Our algorithm values this home at about 413,000 dollars, well above the 371,000 a typical house goes for.",
            "What pushes the price up most is the living area (148 m²).",
            "Distance to centre pulls the price down by roughly $21.5k.",
            "The living area is by far the most important factor.",
            "Second comes the distance to centre.",
            "The garden size barely matters.",
            "Living area, year built and energy class raise the price; distance and garden size lower it.",
            "Number of rooms: 5 (+4,100).",
            "Energy class, with $9,300, is less important than the year built.",
            "The distance to the centre has about half the weight of the living area.",
            "The actual price was 398,000 $.",
            "Without doubt, the floor space of 148 m² is the main driver.",
            "Distance to centre counts for about a quarter of all influence.",
            "The living area contributes $38k.",
            "We estimate the house at $412,640.",
            "The model puts the price at roughly $413k.",
            "The biggest driver is the living area: at 148 m² it adds about $38,000.",
            "Floor space lifts the price, distance to centre drags it down.",
            "Being 14.2 km out lowers the price by $21,500.",
            "Built in 2016, which pushes the price up by $12,000.",
            "Its energy class (B) also helps.",
            "Living area accounts for nearly half of the total influence.",
            "Living area matters more than distance to centre.",
            "The record says 398,000.",
            "It actually sold for $398,000, less than predicted.",
            "A typical house would go for 371,000.",
            "The price would have been higher were it not for the distance to the centre.",
            "Together, living area and year built contribute more than half of the influence.",
            "Garden size hardly matters.",
        ),
        "contradicted": (
            "Only the living area raises the price.",
            "All rooms have a south-facing window, which adds $5,000.",
            "Our algorithm values this home at about 512,000 dollars.",
            "What pushes the price up most is the year built.",
            "Distance to centre pulls the price up by roughly $21.5k.",
            "The garden size is by far the most important factor.",
            "Second comes the energy class.",
            "The living area barely matters.",
            "Living area, year built and garden size raise the price.",
            "Number of rooms: 6.",
            "Energy class is more important than the year built.",
            "The actual price was 389,000 $.",
            "The floor space of 184 m² is the main driver.",
            "The living area contributes $48k.",
            "The price is pushed up by the distance to the centre.",
            "We estimate the house at $421,640.",
            "The model puts the price at roughly $350k.",
            "The biggest driver is the number of rooms.",
            "Floor space drags the price down.",
            "Distance to centre adds $21,500 to the price.",
            "Built in 2006, which pushes the price up.",
            "Garden size lifts the price.",
            "Living area accounts for only a quarter of the total influence.",
            "Distance to centre matters more than living area.",
            "The record says 389,000.",
            "The living area of 184 m² raises the price.",
            "Energy class C adds to the price.",
            "The year built is the second most important factor.",
            "Because of its living area the price goes down.",
        ),
        "unverified": (
            "The neighbourhood is popular with families.",
            "A third of the living area raises the price.",
        ),
    },
    "credit_decision": {
        "supported": (
            "Declined. Main reason: debt to income ratio (0.47).",
            "The system rejected... sorry, declined the application with 82% probability.",
            "Your savings of $6,400 spoke for approved, and so did your credit history length.",
            "The loan amount of $18,500 pushed towards declined.",
            "Late payments (3) weighed about two times as much as the monthly income.",
            "The credit history of 11 years is the strongest argument against declined.",
            "Debt-to-income ratio ranks first, late payments second.",
            "The chance of being approved was 18%.",
            "Home ownership played practically no role.",
            "A monthly income of $2,150 is lower than 75% of the reference rows.",
            "Because of three late payments and a debt to income ratio of 0.47 the application was declined.",
            "The model is 82% sure that the application is declined.",
            "Savings lower the probability of declined.",
            "The application was declined (82%).",
            "There is an 18% chance of approved.",
            "The main reason for the decline is a debt-to-income ratio of 0.47.",
            "Three late payments count against the applicant.",
            "Late payments are the second strongest reason.",
            "A credit history of 11 years speaks in the applicant's favour, but it was not enough.",
            "Debt to income ratio and late payments both push towards declined, while savings pull towards approved.",
            "The debt-to-income ratio carries about a third of the weight.",
            "Late payments weigh more than savings.",
            "Savings of $6.4k work against declined.",
            "Despite savings of 6,400 dollars the model says declined.",
            "Home ownership had the least influence.",
            "Income is low, which doesn't help.",
            "Neither savings nor credit history length supports declined.",
            "Together, the debt-to-income ratio and the late payments make up 55% of the influence.",
        ),
        "contradicted": (
            "Only late payments argue for declined.",
            "Approved. Main reason: savings.",
            "Your savings of $6,400 spoke for declined.",
            "The loan amount of $81,500 pushed towards declined.",
            "Late payments (3) weighed five times as much as the monthly income.",
            "The loan amount is the strongest argument against declined.",
            "Debt-to-income ratio ranks second, late payments first.",
            "The chance of being approved was 38%.",
            "The debt-to-income ratio played practically no role.",
            "A monthly income of $2,150 is higher than 75% of the reference rows.",
            "The model is 92% sure that the application is declined.",
            "Savings raise the probability of declined.",
            "Monthly income counts against declined.",
            "The credit history of 21 years argues against declined.",
            "The application was approved.",
            "There is a 28% chance of approved.",
            "The main reason for the decline is the loan amount.",
            "Four late payments count against the applicant.",
            "Late payments are the strongest reason for declined.",
            "A credit history of 11 years speaks for declined.",
            "Savings and late payments both push towards declined.",
            "The debt-to-income ratio carries about two thirds of the weight.",
            "Savings weigh more than late payments.",
            "The applicant's late payments argue for approved.",
            "Despite 3 late payments the model says declined.",
            "Savings of $64k work against declined.",
            "The debt-to-income ratio had the least influence.",
            "Late payments do not push towards declined.",
        ),
        "unverified": (
            "Half of the late payments were more than 30 days overdue.",
            "The applicant recently changed jobs.",
            "Without the late payments it would have been approved.",
        ),
    },
    "machine_failure": {
        "supported": (
            "Oil pressure of 2.1 bar is low and adds to the failure risk.",
            "Failure predicted at 71 percent.",
            "The vibration level (7.4 mm/s) drives the failure risk up.",
            "Vibration: 7.4 mm/s, pushes towards failure.",
            "Top contributor: vibration RMS.",
            "Runtime hours speak against failure.",
            "The bearing temperature of 88 degrees Celsius supports failure.",
            "Oil pressure weighs less than runtime hours.",
            "Ambient humidity of 41 slightly lowers... in any case lowers the failure probability.",
            "Bearing temperature outranks oil pressure.",
            "Vibration accounts for 40% of the total influence.",
            "Normal operation has a probability of 0.29.",
            "In spite of the runtime hours the outcome is failure.",
            "Pump flagged as failure, 71% probability, mostly due to vibration.",
            "The probability of normal operation is 29%.",
            "Vibration RMS at 7.4 mm/s is the top driver.",
            "Bearing temp 88 °C pushes it further towards failure.",
            "Runtime hours (4.2k) pull the other way, towards normal.",
            "Vibration is higher than in about 90% of the reference rows.",
            "Humidity is not a factor that raises the failure score.",
            "The motor speed plays almost no role.",
            "Vibration weighs nearly twice as much as the bearing temperature.",
            "While vibration and bearing temperature argue for failure, runtime hours argue against it.",
            "Ranked third is runtime hours.",
        ),
        "contradicted": (
            "Failure predicted at 61 percent.",
            "The vibration level (7.4 mm/s) drives the failure risk down.",
            "Vibration: 4.7 mm/s, pushes towards failure.",
            "Top contributor: bearing temperature.",
            "Runtime hours speak for failure.",
            "The bearing temperature of 88 degrees Fahrenheit supports failure.",
            "Oil pressure weighs more than runtime hours.",
            "Oil pressure outranks bearing temperature.",
            "Vibration accounts for 60% of the total influence.",
            "Normal operation has a probability of 0.49.",
            "In spite of the vibration the outcome is failure.",
            "Pump flagged as normal.",
            "The probability of failure is 29%.",
            "Oil pressure is the top driver.",
            "Bearing temp 98 °C pushes it towards failure.",
            "Runtime hours (4.2k) push towards failure.",
            "Vibration is lower than in 90% of the reference rows.",
            "Oil pressure of 2.1 bar lowers the failure risk.",
            "Humidity raises the failure score.",
            "Motor speed is the second most important factor.",
            "Bearing temperature weighs more than vibration.",
            "While vibration argues against failure, runtime hours argue for it.",
            "Vibration does not drive up the failure risk.",
        ),
        "unverified": (
            "The vibration is caused by a worn bearing.",
            "All readings were taken on Monday.",
            "Replace the bearing within two weeks.",
        ),
    },
    "patient_risk": {
        "supported": (
            "Dear patient, the model sees you as high risk.",
            "Her HbA1c of 8.1% and her systolic blood pressure of 158 mmHg both raise the risk.",
            "The LDL cholesterol (2.1) lowers it.",
            "Exercise of 150 minutes a week works against high risk.",
            "The most important reason is the HbA1c, the second the blood pressure.",
            "Probability of high risk: 64%.",
            "Age 67 supports high risk.",
            "BMI argues against high risk, age for it.",
            "HbA1c carries more weight than age.",
            "The risk goes up because of the HbA1c.",
            "At 67 years, age pushes towards high risk.",
            "Low risk has a probability of just 9%.",
            "The patient is classed as high risk, with 64 percent.",
            "Moderate risk gets 27%, low risk 9%.",
            "An HbA1c of 8.1% is the strongest reason for high risk.",
            "His systolic pressure of 158 raises the risk.",
            "Age (67) also points towards high risk.",
            "Not smoking counts against high risk.",
            "The HbA1c weighs twice as much as the age.",
            "A BMI of 24.3 and an LDL cholesterol of 2.1 speak against high risk.",
            "Blood pressure comes second, age third.",
            "Long-term sugar has more influence than blood pressure.",
            "Weekly exercise matters least.",
            "Although LDL cholesterol argues against it, the outcome is high risk.",
        ),
        "contradicted": (
            "Dear patient, the model sees you as moderate risk.",
            "Her HbA1c of 8.1% and her BMI of 24.3 both raise the risk of high risk.",
            "The LDL cholesterol (2.1) raises the probability of high risk.",
            "Exercise of 150 minutes a week works for high risk.",
            "The most important reason is the age.",
            "Probability of high risk: 46%.",
            "Age 76 supports high risk.",
            "BMI argues for high risk, age against it.",
            "Age carries more weight than HbA1c.",
            "At 57 years, age pushes towards high risk.",
            "Low risk has a probability of 19%.",
            "The systolic blood pressure of 158 mmHg counts against high risk.",
            "The patient is classed as low risk.",
            "Moderate risk gets 37%, low risk 9%.",
            "The BMI is the strongest reason for high risk.",
            "An HbA1c of 6.1% is the strongest reason for high risk.",
            "A systolic blood pressure of 185 mmHg raises the risk.",
            "Age (67) counts against high risk.",
            "The age weighs more than the HbA1c.",
            "A BMI of 24.3 and an LDL cholesterol of 2.1 speak for high risk.",
            "Blood pressure comes first.",
            "Weekly exercise matters most.",
            "Weekly exercise drives the risk up.",
            "Although age argues against it, the outcome is high risk.",
        ),
        "unverified": (
            "A high HbA1c causes heart attacks.",
            "His father also had diabetes.",
            "None of the values is normal.",
            "Age argues for moderate risk.",
        ),
    },
}

# A careful reader could decide these; they are left open, and not judged wrongly.
NOT_READ = (
    "Its energy class (B) also helps.",
    "The price would have been higher were it not for the distance to the centre.",
    "Energy class C adds to the price.",
    "The year built is the second most important factor.",
    "The system rejected... sorry, declined the application with 82% probability.",
    "A monthly income of $2,150 is lower than 75% of the reference rows.",
    "Ambient humidity of 41 slightly lowers... in any case lowers the failure probability.",
)

# True, and told in ways that are hard to read: whatever becomes of them, they are not contradicted.
HARD: dict[str, tuple[str, ...]] = {
    "property_price": (
        "The house is predicted to sell for $412,640; its real price was $398,000.",
        "Compared with a typical house, the large living area is what makes it expensive.",
        "A distance of 14.2 km to the centre is the strongest argument against a higher price.",
        "Although it is far from the centre, the price is above the usual.",
        "The price is above that of a typical house by 41,640.",
        "Living area and year built both increase the price.",
        "Only the garden and the distance lower the price.",
        "The energy class adds more than the number of rooms.",
        "The distance to the centre costs it $21,500.",
        "Without the living area, the estimate would be lower.",
        "The difference to the sale price is $14,640.",
        "The garden is 310 m² large.",
        "Floor space (148 m², +$38,200) comes first, then distance to centre (14.2 km, −$21,500).",
        "A newer house (2016) tends to be worth more: +12,640.",
        "The price is lower because of the distance to the centre.",
        "The price is high because of the living area, not because of the garden.",
        "It is not the garden that drives the price.",
        "The number of rooms matters less than the energy class, but more than the garden.",
        "In the area, prices average 371,000.",
    ),
    "credit_decision": (
        "Why was I declined? Mainly because your debt-to-income ratio is 0.47.",
        "What would have helped: fewer late payments.",
        "The applicant has a long credit history of 11 years, which argues against declined.",
        "Not every feature pushed towards declined: savings did not.",
        "The savings do not support declined.",
        "Declined was not certain: the model gave approved 18%.",
        "Four features push towards declined besides the late payments.",
        "It was declined despite the credit history.",
        "Savings and credit history together could not outweigh the debt-to-income ratio.",
        "The late payments weigh half as much as... no, two thirds of the debt-to-income ratio.",
        "Of the seven features, five argue for declined.",
        "Renting counts slightly towards declined.",
        "It was not approved because of the late payments.",
        "The loan amount weighs less than the income.",
        "Debt to income is the largest factor, loan amount one of the smaller ones.",
        "The credit history did not help enough.",
        "If savings had been higher, approved would have been more likely.",
        "The applicant's income is lower than that of three quarters of the applicants.",
    ),
    "machine_failure": (
        "7.4 mm/s of vibration is high.",
        "Vibration is 80% higher in weight than bearing temperature.",
        "The risk of failure rises due to vibration and falls due to runtime hours.",
        "The failure risk is 71%, up from the usual.",
        "The runtime hours reduce the failure risk, the humidity too.",
        "Only the runtime hours and the humidity speak against failure.",
        "Vibration and bearing temperature make up almost two thirds of the influence.",
        "Pressure is low at 2.1 bar.",
        "The speed (1,480 rpm) is practically irrelevant.",
        "Failure is more likely than normal operation.",
        "Failure is not caused by humidity.",
        "No other feature is as strong as vibration.",
        "The vibration is above the threshold.",
        "Runtime hours are the only strong argument for normal.",
    ),
    "patient_risk": (
        "The model puts the patient in the high risk class; moderate risk comes next with 27%.",
        "With 64% the model is fairly sure.",
        "He does not smoke, which lowers the risk.",
        "HbA1c and blood pressure account for about half of the influence.",
        "Non-smoker, BMI 24.3: both work against high risk.",
        "Her blood pressure is high (158).",
        "His age of 67 matters half as much as his HbA1c.",
        "The patient's age, 67 years, is the third strongest factor.",
        "Three features push towards high risk, four against it.",
        "A lower HbA1c would reduce the risk.",
        "High risk is 37 points ahead of moderate risk.",
        "LDL is low and so protects.",
    ),
}

# The same with an error: whatever becomes of them, they are not supported.
WRONG: dict[str, tuple[str, ...]] = {
    "property_price": (
        "Garden size is the strongest reason the price is high.",
        "The energy class lowers the price by $9,300.",
        "The estimate is $398,000.",
        "Distance to the centre adds 21,500 dollars.",
        "The living area is 14.8 m².",
        "The house has 7 rooms.",
    ),
    "credit_decision": (
        "Savings push towards declined.",
        "The main reason was home ownership.",
        "The late payments lower the probability of declined.",
        "The savings support declined.",
        "The credit history is 7 years long.",
        "Approved has 82%.",
    ),
    "machine_failure": (
        "The pressure argues for normal.",
        "Runtime hours argue for failure.",
        "Oil pressure: 21 bar.",
        "Humidity is the most important feature.",
        "The model predicts normal.",
        "The bearing temperature lowers the failure risk.",
    ),
    "patient_risk": (
        "The patient is at moderate risk.",
        "BMI drives up the risk.",
        "HbA1c speaks against high risk.",
        "The LDL cholesterol is the main reason for high risk.",
        "The blood pressure of 185 mmHg points towards high risk.",
        "Age, 76 years, pushes towards high risk.",
    ),
}

# True letters, notes and lists: no sentence of them is contradicted.
TOLD: dict[str, tuple[str, ...]] = {
    "property_price": (
        (
            "Hi Anna, the tool came back with $412,640 for your place. The living area is what carries it: 148 "
            "m², that alone is worth about $38,000. Year built helps too (2016), it adds $12,640. On the other "
            "side there is the distance to the centre. It takes $21,500 away. The garden hardly matters. In the "
            "end you sold for $398,000, so the model was a bit too optimistic."
        ),
        (
            "- predicted price: 412,640 $\n"
            "- living area 148 m²: +38,200\n"
            "- distance to centre 14.2 km: -21,500\n"
            "- year built 2016: +12,640\n"
            "- energy class B: +9,300\n"
            "- rooms 5: +4,100\n"
            "- garden 310 m²: -1,100\n"
            "Baseline 371,000 $."
        ),
        (
            "The price is driven up by the living area, the year built and the energy class. These three together"
            " explain 69% of the influence. The distance, in contrast, pulls it down; so does the garden, but "
            "only by 1,100 dollars. The number of rooms adds another 4,100."
        ),
    ),
    "credit_decision": (
        (
            "Dear customer, your application was declined. The most important reason is your debt-to-income ratio"
            " of 0.47. Also your three late payments counted against you. Your credit history of 11 years was in "
            "your favour, and so were your savings of $6,400. Unfortunately this was not enough."
        ),
        (
            "Declined at 82%. DTI 0.47 is the top driver, late payments (3) next. Counter-evidence: credit "
            "history (11 years) and savings (6,400 $). Income 2,150 $ is low and makes it worse. Loan amount "
            "18,500 $ plays a small part. Housing (renting) is negligible."
        ),
        (
            "The model declined the application. It did so mainly because of the debt to income ratio. Late "
            "payments come second. They push towards declined as well. The credit history length speaks against "
            "it, with half the weight of the debt-to-income ratio. It is the strongest counterargument."
        ),
    ),
    "machine_failure": (
        (
            "Pump P-3: failure, 71%. Vibration 7.4 mm/s is way above normal and the main culprit. Bearing temp 88"
            " °C points the same way. Oil pressure a bit low (2.1 bar). Runtime hours only 4,200, which speaks "
            "for normal. Humidity and speed don't matter."
        ),
        (
            "The system expects a failure with a probability of 71 percent. Vibration contributes most, 40% of "
            "all influence, followed by bearing temperature with 22% and runtime hours with 20%. Runtime hours "
            "are the only big factor that argues for normal. It is not enough to change the outcome."
        ),
    ),
    "patient_risk": (
        (
            "Mr. Miller was rated high risk (64%). His HbA1c of 8.1% is the main reason; his blood pressure of "
            "158 mmHg and his age add to it. On the positive side, his LDL cholesterol (2.1), the fact that he "
            "doesn't smoke and his BMI of 24.3 lower the risk. Exercise has a small protective effect."
        ),
        (
            "High risk: 64%, moderate: 27%, low: 9%. Drivers: HbA1c, systolic BP, age. Protective: LDL, non-"
            "smoker, BMI, exercise. HbA1c alone makes up more than a quarter of the influence. It pushes up the "
            "risk. LDL does the opposite."
        ),
        (
            "The model thinks the patient is at high risk. HbA1c is the strongest factor. The second is blood "
            "pressure. Age comes third. All three raise the risk. The others lower it. Of those, LDL cholesterol "
            "is the strongest. It has about half the weight of the HbA1c."
        ),
    ),
}

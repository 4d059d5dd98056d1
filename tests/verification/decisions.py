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
            "Only the living area raises the price.",
            "A third of the living area raises the price.",
            "All rooms have a south-facing window, which adds $5,000.",
        ),
    },
    "credit_decision": {
        "supported": (
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
            "Only late payments argue for declined.",
            "The applicant recently changed jobs.",
            "Without the late payments it would have been approved.",
        ),
    },
    "machine_failure": {
        "supported": (
            "Pump flagged as failure, 71% probability, mostly due to vibration.",
            "The probability of normal operation is 29%.",
            "Vibration RMS at 7.4 mm/s is the top driver.",
            "Bearing temp 88 °C pushes it further towards failure.",
            "Runtime hours (4.2k) pull the other way, towards normal.",
            "Vibration is higher than in about 90% of the reference rows.",
            "Oil pressure of 2.1 bar is low and adds to the failure risk.",
            "Humidity is not a factor that raises the failure score.",
            "The motor speed plays almost no role.",
            "Vibration weighs nearly twice as much as the bearing temperature.",
            "While vibration and bearing temperature argue for failure, runtime hours argue against it.",
            "Ranked third is runtime hours.",
        ),
        "contradicted": (
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

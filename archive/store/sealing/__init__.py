"""Who gives objects and entries the attributes that keep even root from changing them by mistake."""

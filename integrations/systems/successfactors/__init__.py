"""SAP SuccessFactors: Intelligent Services (SOAP, or what middleware makes of it) and Integration Center (JSON)."""

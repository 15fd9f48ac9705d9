namespace Gantry.Protocol.Tests;

/// <summary>What a program of version 0.1 wrote.</summary>
internal static class Version01
{
    /// <summary>The gateway's sealing key, PKCS#8 in base64.</summary>
    public const string SealingKey =
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKDh2ocValIFJCxn034rUvBybMI9/xbgguloEbjktL/yhRANCAARjXdHEl+hKFCiFkLUI"
        + "EiMi64yg+wWR7/KmMbXaIzjCmeo4KpRmJNoA774lCtqap9xmt9tGra62+pPyvu5lPip8";

    /// <summary><c>consumer:token:secret</c>, sealed to it.</summary>
    public static SealedSecret Sealed { get; } =
        new(
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiWv/eNiDPOsGtK97g01ypU/mEabqyCKn8VLT+InWmtyQt+IWIuhpelc4o9ERx9CmpSN5Xr6bsOXQ4yRj"
                + "V8A7wA==",
            "4ulM0/+iP5cob6oJ2WbcgX6B84yDsVs582sTdcFVpPIo3xJF2qytGIv5FmZilBNAYw=="
        );
}

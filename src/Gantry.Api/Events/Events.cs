namespace Gantry.Api;

public sealed record EventRelated(string Kind, string Uid);

public sealed record EventSource(string Component, string Host);

public sealed record EventView(
    ObjectMeta Metadata,
    ObjectReference InvolvedObject,
    string Severity,
    string Reason,
    string Message,
    EventSource Source,
    EventRelated RelatedObject
);

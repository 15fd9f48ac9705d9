namespace Gantry.Api;

public sealed record EventRelated(string Kind, string Uid);

public sealed record EventSource(string Component, string Host);

public sealed record EventView(
    ObjectMeta Metadata,
    ObjectReference InvolvedObject,
    [property: OneOf(typeof(EventSeverities))] string Severity,
    string Reason,
    string Message,
    EventSource Source,
    EventRelated RelatedObject
);
